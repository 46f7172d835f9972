//! What every error of the library has in common.

use std::{error::Error, fmt};

/// A boxed cause. Causes of other libraries appear in public errors only in this form.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Displays an error with all its causes on one line: `a: b: c`.
///
/// Errors of this workspace print only their own level and leave the rest to
/// [`source`](Error::source), so that no cause is printed twice. Logs and reports that want the
/// whole story wrap the error in this.
///
/// # Examples
///
/// ```
/// use flowctl_core::Chain;
///
/// let error = std::io::Error::other("disk is gone");
/// assert_eq!(Chain(&error).to_string(), "disk is gone");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            f.write_str(": ")?;
            write!(f, "{error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
