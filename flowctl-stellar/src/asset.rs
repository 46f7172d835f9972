use std::{borrow::Cow, fmt, str::FromStr};

use stellar_strkey::ed25519::PublicKey;
use stellar_xdr::{AccountId, AlphaNum4, AlphaNum12, AssetCode4, AssetCode12, Uint256};

/// A classic Stellar asset: the native lumen, or a code issued by an account.
///
/// Its text is that of SEP-11: `native` or `CODE:G…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// The lumen, XLM.
    Native,
    /// A token that `issuer` created.
    Issued {
        /// The asset's code, unique for its issuer.
        code: AssetCode,
        /// The key of the issuing account.
        issuer: [u8; 32],
    },
}

/// The code of an issued asset, padded with zero bytes as on the chain.
///
/// The two widths are different codes, even for the same letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssetCode {
    /// One to four bytes.
    Four([u8; 4]),
    /// Up to twelve bytes; five to twelve on every chain that core has validated.
    Twelve([u8; 12]),
}

/// Text that is no asset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an asset: expected `native` or `CODE:ISSUER`, found `{0}`")]
pub struct AssetError(String);

impl AssetCode {
    /// The code's bytes without the padding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let padded: &[u8] = match self {
            Self::Four(bytes) => bytes,
            Self::Twelve(bytes) => bytes,
        };
        let end = padded
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        padded.get(..end).unwrap_or(padded)
    }

    /// The code as text. Bytes that are not UTF-8 (chains hold such codes from before core checked
    /// them) are replaced by U+FFFD.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// The narrowest code that holds `bytes`; `None` above twelve bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() <= 4 {
            padded(bytes).map(Self::Four)
        } else {
            padded(bytes).map(Self::Twelve)
        }
    }
}

fn padded<const WIDTH: usize>(bytes: &[u8]) -> Option<[u8; WIDTH]> {
    let mut padded = [0; WIDTH];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(padded)
}

impl fmt::Display for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl fmt::Debug for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Asset {
    /// Reads the asset topic of a Stellar Asset Contract's event: `native` in any case, or `CODE:G…`
    /// with a code of one to twelve ASCII letters and digits. `None` for anything else, a list of
    /// assets included.
    ///
    /// # Source
    ///
    /// CAP-67 and SEP-11, as the Go SDK's `xdr.BuildAssets` reads them.
    #[must_use]
    pub fn from_topic(topic: &[u8]) -> Option<Self> {
        if topic.eq_ignore_ascii_case(b"native") {
            return Some(Self::Native);
        }
        let colon = topic.iter().position(|byte| *byte == b':')?;
        let (code, issuer) = (topic.get(..colon)?, topic.get(colon + 1..)?);
        if code.is_empty() || !code.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let code = AssetCode::from_bytes(code)?;
        let issuer = PublicKey::from_slice(issuer).ok()?.0;
        Some(Self::Issued { code, issuer })
    }

    /// The key of the issuing account; `None` for the lumen.
    #[must_use]
    pub const fn issuer(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Native => None,
            Self::Issued { issuer, .. } => Some(issuer),
        }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native => f.write_str("native"),
            Self::Issued { code, issuer } => write!(f, "{code}:{}", PublicKey(*issuer)),
        }
    }
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Asset {
    type Err = AssetError;

    fn from_str(text: &str) -> Result<Self, AssetError> {
        Self::from_topic(text.as_bytes()).ok_or_else(|| AssetError(text.to_owned()))
    }
}

impl From<&stellar_xdr::Asset> for Asset {
    fn from(asset: &stellar_xdr::Asset) -> Self {
        match asset {
            stellar_xdr::Asset::Native => Self::Native,
            stellar_xdr::Asset::CreditAlphanum4(asset) => asset.into(),
            stellar_xdr::Asset::CreditAlphanum12(asset) => asset.into(),
        }
    }
}

impl From<&AlphaNum4> for Asset {
    fn from(asset: &AlphaNum4) -> Self {
        Self::Issued {
            code: AssetCode::Four(asset.asset_code.0),
            issuer: key(&asset.issuer),
        }
    }
}

impl From<&AlphaNum12> for Asset {
    fn from(asset: &AlphaNum12) -> Self {
        Self::Issued {
            code: AssetCode::Twelve(asset.asset_code.0),
            issuer: key(&asset.issuer),
        }
    }
}

impl From<&Asset> for stellar_xdr::Asset {
    fn from(asset: &Asset) -> Self {
        let Asset::Issued { code, issuer } = asset else {
            return Self::Native;
        };
        let issuer = AccountId(stellar_xdr::PublicKey::PublicKeyTypeEd25519(Uint256(
            *issuer,
        )));
        match *code {
            AssetCode::Four(code) => Self::CreditAlphanum4(AlphaNum4 {
                asset_code: AssetCode4(code),
                issuer,
            }),
            AssetCode::Twelve(code) => Self::CreditAlphanum12(AlphaNum12 {
                asset_code: AssetCode12(code),
                issuer,
            }),
        }
    }
}

fn key(account: &AccountId) -> [u8; 32] {
    let stellar_xdr::PublicKey::PublicKeyTypeEd25519(key) = &account.0;
    key.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ISSUER: &str = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN";

    proptest! {
        #[test]
        fn an_asset_survives_its_text(code in "[a-zA-Z0-9]{1,12}", issuer: [u8; 32]) {
            let code = AssetCode::from_bytes(code.as_bytes()).unwrap();
            let asset = Asset::Issued { code, issuer };
            prop_assert_eq!(asset.to_string().parse(), Ok(asset));
            prop_assert_eq!(Asset::from(&stellar_xdr::Asset::from(&asset)), asset);
        }
    }

    #[test]
    fn the_lumen_is_native_in_any_case() {
        assert_eq!(Asset::from_topic(b"NaTiVe"), Some(Asset::Native));
    }

    #[test]
    fn a_topic_that_is_not_one_asset_is_none() {
        let list = format!("USDC:{ISSUER},native");
        let long = format!("ABCDEFGHIJKLM:{ISSUER}");
        let empty = format!(":{ISSUER}");
        let symbol = format!("US-D:{ISSUER}");
        let thrice = format!("USDC:{ISSUER}:x");
        for topic in [
            "",
            "USDC",
            "USDC:",
            "USDC:GABC",
            &list,
            &long,
            &empty,
            &symbol,
            &thrice,
        ] {
            assert_eq!(Asset::from_topic(topic.as_bytes()), None, "{topic}");
        }
    }

    #[test]
    fn a_code_that_is_not_text_is_shown_with_replacements() {
        assert_eq!(AssetCode::Four([b'A', 0xff, 0, 0]).to_text(), "A\u{fffd}");
        assert_eq!(AssetCode::Four([b'A', 0, b'B', 0]).as_bytes(), b"A\0B");
    }

    #[test]
    fn codes_above_twelve_bytes_do_not_exist() {
        assert_eq!(AssetCode::from_bytes(&[b'A'; 13]), None);
    }
}
