use bytes::Bytes;
use flowctl_grpc::{Dial, dial::Connection};
use tonic::{Code, Request, client::Grpc, codegen::http::uri::PathAndQuery};

use super::RawCodec;

/// Whether a server answers at all, within the time that connecting may take.
///
/// Neither service says that nothing happens, so a stream that is silent is one at the tip of a quiet
/// network, or one whose server hangs. Asking for anything tells them apart: the health service if there is
/// one, and "there is none" is an answer too.
pub(super) async fn alive(dial: &Dial, address: &str) -> bool {
    let asked = async {
        let connection: Connection = dial.connect(address).await.ok()?;
        let mut grpc = Grpc::new(connection);
        grpc.ready().await.ok()?;
        let path = PathAndQuery::from_static("/grpc.health.v1.Health/Check");
        let answer = grpc.unary(Request::new(Bytes::new()), path, RawCodec);
        let answered: Result<tonic::Response<Bytes>, _> = answer.await;
        match answered {
            Ok(_) => Some(()),
            Err(status) => (status.code() == Code::Unimplemented).then_some(()),
        }
    };
    let asked = tokio::time::timeout(dial.connect_timeout, asked).await;
    matches!(asked, Ok(Some(())))
}
