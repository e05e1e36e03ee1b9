//! What someone asks of the desk: the path, the fields, and how the answer is wanted. Read once, at the edge.

use std::collections::BTreeMap;
use std::net::IpAddr;

use percent_encoding::percent_decode;

/// Fields that a form may have at most.
const MOST_FIELDS: usize = 700;

/// Bytes of cookies beyond which nobody looks at them.
pub(super) const MOST_COOKIES: usize = 4096;

/// A request, with what the edge knows of it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whether it may change anything.
    pub is_post: bool,
    /// The parts of the path below the desk's.
    pub path: Vec<String>,
    /// What was sent, of the address or of the body.
    pub fields: Fields,
    /// Photos that came with it.
    pub photos: Vec<Handed>,
    /// The headers that the desk looks at.
    pub headers: Headers,
    /// Where it came from.
    pub peer: Option<IpAddr>,
}

/// The headers that the desk looks at; none where they are absent or no text.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// `Accept`
    pub accept: Option<String>,
    /// `Authorization`
    pub authorization: Option<String>,
    /// `Cookie`
    pub cookie: Option<String>,
    /// `Host`
    pub host: Option<String>,
    /// `Origin`
    pub origin: Option<String>,
    /// `Sec-Fetch-Site`
    pub site: Option<String>,
    /// Whether a proxy has handed it on.
    pub is_forwarded: bool,
}

/// A photo as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// Its bytes.
    Whole(Vec<u8>),
    /// It had too many to be kept.
    TooLarge,
}

/// Fields by name, each with one value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    values: BTreeMap<String, String>,
}

/// Why fields could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// There are too many.
    TooMany,
    /// This one is there twice.
    Twice(String),
    /// It is no text.
    NotText,
}

impl Fields {
    /// The fields of `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// Where it is not that, or says something twice.
    pub fn form(bytes: &[u8]) -> Result<Fields, Unread> {
        let decoded = |bytes: &[u8]| {
            let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            percent_decode(&spaced).decode_utf8().map(String::from).map_err(|_| Unread::NotText)
        };
        let mut fields = Fields::default();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            fields.add(decoded(name)?, decoded(value)?)?;
        }
        Ok(fields)
    }

    /// The fields of a JSON object: texts, numbers, yes or no, and lists of them.
    ///
    /// # Errors
    /// Where it is not that, or says something twice.
    pub fn json(bytes: &[u8]) -> Result<Fields, Unread> {
        // A map of serde's would take the last of two.
        struct Pairs(Vec<(String, serde_json::Value)>);
        impl<'de> serde::Deserialize<'de> for Pairs {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Pairs, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = Pairs;
                    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                        let mut pairs = Vec::new();
                        while let Some(pair) = map.next_entry()? {
                            pairs.push(pair);
                        }
                        Ok(Pairs(pairs))
                    }
                }
                from.deserialize_map(Visitor)
            }
        }
        let Pairs(pairs) = serde_json::from_slice(bytes).map_err(|_| Unread::NotText)?;
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Bool(is) => Some(if *is { "yes" } else { "no" }.into()),
            _ => None,
        };
        let mut fields = Fields::default();
        for (name, value) in pairs {
            let value = match &value {
                serde_json::Value::Null => continue,
                serde_json::Value::Array(all) => {
                    let texts: Option<Vec<String>> = all.iter().map(text).collect();
                    texts.ok_or(Unread::NotText)?.join(" ")
                }
                one => text(one).ok_or(Unread::NotText)?,
            };
            fields.add(name, value)?;
        }
        Ok(fields)
    }

    pub(super) fn add(&mut self, name: String, value: String) -> Result<(), Unread> {
        if self.values.len() == MOST_FIELDS {
            return Err(Unread::TooMany);
        }
        if self.values.contains_key(&name) {
            return Err(Unread::Twice(name));
        }
        self.values.insert(name, value);
        Ok(())
    }

    /// What stands in a field, without blanks around it; `None` where it is absent or empty.
    #[must_use]
    pub fn said(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Puts a value in a field.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// Every field and its value, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The fields whose names begin with `prefix`, by the rest of their names.
    pub fn under<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())))
    }
}

impl Asked {
    /// Whether a program asks, which wants JSON.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        let of_path = self.path.last().is_some_and(|last| last.ends_with(".json"));
        let accepts = self.headers.accept.as_deref().unwrap_or_default();
        of_path || (accepts.contains("application/json") && !accepts.contains("text/html"))
    }

    /// A cookie; `None` where there is none, or two of that name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.cookie.as_deref()?;
        let mut found =
            cookies.split(';').filter_map(|cookie| cookie.trim().split_once('=')).filter(|(of, _)| *of == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The token of `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.headers.authorization.as_deref()?.strip_prefix("Bearer ").map(str::trim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_everything_once_and_in_text() {
        let fields = Fields::form(b"note=a+b%26c%0D%0Ad&due=&x=%F0%9F%93%B7").unwrap();
        assert_eq!(fields.said("note"), Some("a b&c\r\nd"));
        assert_eq!((fields.said("due"), fields.said("x"), fields.said("y")), (None, Some("📷"), None));
        assert_eq!(Fields::form(b"a=1&a=2"), Err(Unread::Twice("a".into())));
        assert_eq!(Fields::form(b"a=%ff"), Err(Unread::NotText));
        let many: String = (0..1000).map(|n| format!("f{n}=1&")).collect();
        assert_eq!(Fields::form(many.as_bytes()), Err(Unread::TooMany));
    }

    #[test]
    fn json_says_the_same() {
        let fields = Fields::json(br#"{"note": "a", "lat": 52.5, "of": ["a", "b"], "due": null}"#).unwrap();
        let all: Vec<_> = fields.iter().collect();
        assert_eq!(all, [("lat", "52.5"), ("note", "a"), ("of", "a b")]);
        assert_eq!(Fields::json(br#"{"a": 1, "a": 2}"#), Err(Unread::Twice("a".into())));
        for bad in [&b"[]"[..], b"{", br#"{"a": {}}"#, b"\"x\"", b"{\"a\": \"\xff\"}"] {
            assert_eq!(Fields::json(bad), Err(Unread::NotText));
        }
    }

    #[test]
    fn two_cookies_of_one_name_are_none() {
        let mut asked = Asked::default();
        asked.headers.cookie = Some("a=1; tagbook=x; b=2".into());
        assert_eq!(asked.cookie("tagbook"), Some("x"));
        asked.headers.cookie = Some("tagbook=x; tagbook=y".into());
        assert_eq!(asked.cookie("tagbook"), None);
    }
}
