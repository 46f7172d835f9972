use tonic::{Request, Status, service::Interceptor};

use crate::dial::Token;

/// Lets only calls pass that show the token, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Guard(Option<Token>);

impl Guard {
    /// Asks for this token; `None`: for nothing.
    #[must_use]
    pub const fn new(token: Option<Token>) -> Self {
        Self(token)
    }

    /// Whether a call with this `authorization` header may pass.
    #[must_use]
    pub fn admits(&self, authorization: Option<&[u8]>) -> bool {
        match &self.0 {
            None => true,
            Some(token) => authorization.is_some_and(|header| token.is_shown_by(header)),
        }
    }
}

impl Interceptor for Guard {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let header = request.metadata().get("authorization");
        if self.admits(header.map(|value| value.as_bytes())) {
            Ok(request)
        } else if header.is_some() {
            Err(Status::unauthenticated("the token is not the right one"))
        } else {
            Err(Status::unauthenticated("the call shows no token"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_token_passes() {
        let guard = Guard::new(Some(Token::new("secret")));
        for (header, passes) in [
            (None, false),
            (Some(&b""[..]), false),
            (Some(b"secret"), false),
            (Some(b"Bearer secreT"), false),
            (Some(b"Bearer secret "), false),
            (Some(b"Bearer secret"), true),
        ] {
            assert_eq!(guard.admits(header), passes, "{header:?}");
        }
        assert!(Guard::default().admits(None));
        assert_eq!(format!("{guard:?}"), "Guard(Some(Token(…)))");
    }
}
