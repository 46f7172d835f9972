//! Images of an engine.

use flowctl_docker::{ImageError, ImageRecipe, Images};

use crate::{
    bench::engine,
    subject::{program, random},
};

#[tokio::test]
async fn the_same_recipe_gives_the_same_image_and_is_loaded_once() {
    let Some(engine) = engine("build").await else {
        return;
    };
    let images = Images::new(engine);
    let reference = format!("flowctl-test/{:016x}:1", random());
    let recipe = ImageRecipe::new(reference.parse().unwrap(), "subject", program())
        .unwrap()
        .also_named("npm")
        .unwrap()
        .label("flowctl-test", reference.clone());
    let first = images.build(&recipe).await.unwrap();
    assert!(first.is_new);
    assert_eq!(first.id, recipe.id().unwrap());
    assert!(!images.build(&recipe).await.unwrap().is_new);
    images.remove(&reference).await.unwrap();
    assert_eq!(images.id(&reference).await.unwrap(), None);
    let again = images.build(&recipe).await.unwrap();
    assert_eq!((again.is_new, &again.id), (true, &first.id));

    let listed = images.list().await.unwrap();
    let of_it = |image: &&flowctl_docker::LocalImage| image.references.contains(&reference);
    let ours = listed.iter().find(of_it).unwrap();
    assert_eq!(ours.id, first.id);
    assert_eq!(ours.program.as_deref(), Some("subject"));
    assert!(ours.size >= program().len() as u64);

    // Another image of the same name takes it over.
    let other = recipe.clone().variable("MODE", "x");
    let built = images.build(&other).await.unwrap();
    assert_ne!(built.id, first.id);
    assert_eq!(images.id(&reference).await.unwrap(), Some(built.id));
    images.remove(&first.id).await.unwrap();
    images.remove(&reference).await.unwrap();
    images.remove(&reference).await.unwrap();
}

#[tokio::test]
async fn the_commands_of_other_images_are_answered() {
    let Some(bench) = crate::bench::Bench::open("commands").await else {
        return;
    };
    let images = Images::new(bench.executor.engine().clone());
    let reference = format!("flowctl-test/{:016x}:1", random());
    let recipe = ImageRecipe::new(reference.parse().unwrap(), "subject", program())
        .unwrap()
        .also_named("npm")
        .unwrap()
        .arguments(["exit".to_owned(), "3".to_owned()])
        .file("/etc/ssl/certs/ca-certificates.crt", "certificate")
        .unwrap();
    images.build(&recipe).await.unwrap();
    let mut statuses = Vec::new();
    for (id, command, args) in [
        ("a", vec!["./subject"], vec!["exit", "1"]),
        ("b", vec!["npm", "exit"], vec!["2"]),
        ("c", vec![], vec![]),
        (
            "d",
            vec![],
            vec!["show", "/etc/ssl/certs/ca-certificates.crt"],
        ),
    ] {
        let mut component = bench.component(id, &args);
        component.image = Some(reference.clone());
        component.command = command.into_iter().map(str::to_owned).collect();
        statuses.push(bench.run(component).await.0.status);
    }
    bench.close().await;
    images.remove(&reference).await.unwrap();
    let expected = [1, 2, 3, 0].map(flowctl_core::executor::ExitStatus::Code);
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn a_program_of_another_processor_is_refused() {
    let Some(engine) = engine("architecture").await else {
        return;
    };
    let mut foreign = program();
    // The processor's number in the ELF header: one of the other two that are known.
    foreign[18] = if engine.facts().architecture == "arm64" {
        62
    } else {
        183
    };
    let recipe = ImageRecipe::new("flowctl-test/foreign:1".parse().unwrap(), "x", foreign).unwrap();
    let refused = Images::new(engine).build(&recipe).await;
    assert!(matches!(refused, Err(ImageError::Program { .. })));
}
