use flowctl_core::spec::{Permission, Security};

use crate::error::Unfit;

/// Who a container runs as when neither its spec nor its image says so: the same user as in the images
/// that flowctl builds, and nobody's on a usual machine.
pub(crate) const DEFAULT_USER: u32 = 65532;

/// Who a container runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainerUser(String);

impl ContainerUser {
    /// The spec's user, else the image's; not root unless the spec allows it.
    ///
    /// An image that means root, or says nothing, which means the same, runs as [`DEFAULT_USER`].
    pub(crate) fn choose(security: &Security, of_image: &str) -> Result<Self, Unfit> {
        let may_be_root = security.allow.contains(&Permission::Root);
        match &security.user {
            Some(user) if is_root(user) && !may_be_root => Err(Unfit::new(
                "security.user",
                "the user is root, which `security.allow: [root]` has to allow",
            )),
            Some(user) => Ok(Self(user.clone())),
            None if !is_root(of_image) => Ok(Self(of_image.to_owned())),
            None if may_be_root => Ok(Self("0:0".to_owned())),
            None => Ok(Self(format!("{DEFAULT_USER}:{DEFAULT_USER}"))),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The numbers of user and group, where they are numbers; without a group it is root's, as the
    /// engine has it.
    pub(crate) fn numbers(&self) -> Option<(u32, u32)> {
        let (user, group) = self.parts();
        let group = group.map_or(Ok(0), str::parse);
        Some((user.parse().ok()?, group.ok()?))
    }

    /// The numbers that a `passwd` file has for the user's name.
    pub(crate) fn look_up(&self, passwd: &str) -> Option<(u32, u32)> {
        let (user, group) = self.parts();
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(user))?;
        let mut fields = line.split(':').skip(2);
        let uid = fields.next()?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let group = group.and_then(|group| group.parse().ok());
        Some((uid, group.unwrap_or(gid)))
    }

    fn parts(&self) -> (&str, Option<&str>) {
        self.0
            .split_once(':')
            .map_or((self.0.as_str(), None), |(user, group)| (user, Some(group)))
    }
}

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), None | Some("" | "0" | "root"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        of_spec: Option<&str>,
        of_image: &str,
        allow: &[Permission],
    ) -> Result<String, Unfit> {
        let mut security = Security::default();
        security.user = of_spec.map(str::to_owned);
        security.allow = allow.to_vec();
        ContainerUser::choose(&security, of_image).map(|user| user.0)
    }

    #[test]
    fn nobody_is_root_unless_allowed() {
        let root = &[Permission::Root][..];
        for (of_spec, of_image, allow, expected) in [
            (None, "", &[][..], "65532:65532"),
            (None, "0:0", &[], "65532:65532"),
            (None, "root", &[], "65532:65532"),
            (None, "node", &[], "node"),
            (None, "1000:1000", &[], "1000:1000"),
            (None, "", root, "0:0"),
            (Some("7"), "node", &[], "7"),
            (Some("0"), "node", root, "0"),
        ] {
            assert_eq!(chosen(of_spec, of_image, allow).as_deref(), Ok(expected));
        }
        let refused = chosen(Some("0:7"), "node", &[]).unwrap_err();
        assert_eq!(refused.field, "security.user");
    }

    #[test]
    fn the_numbers_of_a_user_are_written_or_looked_up() {
        let user = |text: &str| ContainerUser(text.to_owned());
        assert_eq!(user("7:8").numbers(), Some((7, 8)));
        assert_eq!(user("7").numbers(), Some((7, 0)));
        assert_eq!(user("node").numbers(), None);
        let passwd = "root:x:0:0:root:/:/x\nnode:x:1000:1001::/:/x\n";
        assert_eq!(user("node").look_up(passwd), Some((1000, 1001)));
        assert_eq!(user("node:5").look_up(passwd), Some((1000, 5)));
        assert_eq!(user("nobody").look_up(passwd), None);
    }
}
