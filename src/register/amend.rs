//! Files that people write and tagbook changes: all else in them stays as it stands.

use toml_edit::{Array, DocumentMut, Item, Value};

/// A file with more in one of its lists at the top, which it gets where it has none.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn listed(text: &str, key: &str, items: &[&str]) -> Result<String, String> {
    let mut document = read(text)?;
    let list = document.entry(key).or_insert_with(|| Item::Value(Value::Array(Array::new())));
    let list = list.as_array_mut().ok_or_else(|| format!("`{key}` in the file is no list"))?;
    for item in items {
        push(list, item);
    }
    Ok(written(&document, text))
}

/// A file without an item of one of its lists at the top, and without the list where nothing else is in it.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn unlisted(text: &str, key: &str, item: &str) -> Result<String, String> {
    let mut document = read(text)?;
    if let Some(list) = document.get_mut(key).and_then(Item::as_array_mut) {
        list.retain(|value| value.as_str() != Some(item));
        let first = list.get_mut(0).map(Value::decor_mut);
        if let Some(first) = first.filter(|first| first.prefix().and_then(|blank| blank.as_str()) == Some(" ")) {
            first.set_prefix("");
        }
        if list.is_empty() {
            document.remove(key);
        }
    }
    Ok(written(&document, text))
}

/// A file with another value at the top.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn set(text: &str, key: &str, value: impl Into<Value>) -> Result<String, String> {
    let mut document = read(text)?;
    let mut value = value.into();
    if let Some(before) = document.get(key).and_then(Item::as_value) {
        *value.decor_mut() = before.decor().clone();
    }
    document.insert(key, Item::Value(value));
    Ok(written(&document, text))
}

fn read(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error| format!("the file cannot be read: {error}"))
}

fn written(document: &DocumentMut, before: &str) -> String {
    let text = document.to_string();
    if before.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
}

fn push(list: &mut Array, item: &str) {
    let after = list.trailing().as_str().unwrap_or_default().to_owned();
    if after.contains('\n') {
        // One on each line: what stands behind the last belongs to that.
        let (said, _) = after.rsplit_once('\n').unwrap_or_default();
        let indent = "    ";
        let value = Value::from(item).decorated(format!("{said}\n{indent}"), "");
        list.push_formatted(value);
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    } else {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_what_stands_in_it_when_a_list_in_it_grows() {
        let with = |record: &str| listed(record, "aliases", &["7K3QXJ"]).unwrap();
        let text =
            "# Ours.\nname = \"A\"   # the first\naliases = [\"OLD-17\"] # long ago\n\n[purchase]\ndate = 2024-01-01\n";
        assert_eq!(with(text), text.replace("[\"OLD-17\"]", "[\"OLD-17\", \"7K3QXJ\"]"));
        let bare = "name = \"A\"\n\n[purchase]\ndate = 2024-01-01\n";
        assert_eq!(with(bare), "name = \"A\"\naliases = [\"7K3QXJ\"]\n\n[purchase]\ndate = 2024-01-01\n");
        assert!(listed("aliases = 3", "aliases", &["7K3QXJ"]).is_err());
        let long = "name = \"A\"\naliases = [\n    \"OLD-1\", # long ago\n    \"OLD-2\", # not so long\n]\n";
        let wanted = long.replace("]\n", "    \"7K3QXJ\",\n]\n");
        assert_eq!(with(long), wanted);
        assert_eq!(with(&long.replace('\n', "\r\n")), wanted.replace('\n', "\r\n"));
    }

    #[test]
    fn an_item_is_taken_out_of_a_list() {
        let text = "name = \"A\" # ours\naliases = [\"OLD-1\", \"OLD-2\"]\n";
        let less = unlisted(text, "aliases", "OLD-1").unwrap();
        assert_eq!(less, text.replace("\"OLD-1\", ", " ").replace("[ ", "["));
        assert_eq!(unlisted(&less, "aliases", "OLD-2").unwrap(), "name = \"A\" # ours\n");
        assert_eq!(unlisted(text, "others", "OLD-1").unwrap(), text);
    }

    #[test]
    fn a_value_is_put_in_beside_what_is_there() {
        let text = "# Ours.\ntitle = \"Q4\" # the last\n";
        assert_eq!(set(text, "closed", true).unwrap(), format!("{text}closed = true\n"));
        assert_eq!(set("a = 1\r\nb = 2\r\n", "a", 3).unwrap(), "a = 3\r\nb = 2\r\n");
        assert_eq!(set("a = 1 # one\n", "a", 3).unwrap(), "a = 3 # one\n");
        assert!(set("a = ", "a", 2).is_err());
    }
}
