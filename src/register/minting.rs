//! New asset numbers: the next of a category's, never one that was used before.

use super::Register;
use super::number::Number;

/// Digits that a category's numbers have at least.
const DIGITS: usize = 4;

impl Register {
    /// The `count` numbers after the highest that begins with `prefix` and a hyphen, be it an asset's, a former one, or a tag's.
    ///
    /// # Errors
    /// Where `prefix` begins no number.
    pub fn next_numbers(&self, prefix: &str, count: u64) -> Result<Vec<Number>, String> {
        let used = self.assets.keys().chain(self.aliases.keys());
        let tags = self.tags.values().flat_map(|batch| &batch.numbers);
        let digits = |number: &Number| {
            let digits = number.as_str().strip_prefix(prefix)?.strip_prefix('-')?;
            // What is too long to count on from was not counted.
            let value: u64 = digits.parse().ok().filter(|_| digits.len() <= 12)?;
            Some((value, digits.len()))
        };
        let all: Vec<(u64, usize)> = used.chain(tags).filter_map(digits).collect();
        let next = all.iter().map(|(value, _)| value).max().map_or(1, |highest| highest + 1);
        let width = all.iter().map(|(_, width)| *width).max().unwrap_or(DIGITS);
        (next..next + count).map(|value| Number::parse(&format!("{prefix}-{value:0width$}"))).collect()
    }

    /// Whether a number is an asset's, now or formerly.
    #[must_use]
    pub fn is_taken(&self, number: &Number) -> bool {
        self.assets.contains_key(number) || self.aliases.contains_key(number)
    }
}

#[cfg(test)]
mod tests {
    use crate::register::{Number, open};
    use crate::tree::Tree;

    #[test]
    fn numbers_count_on_from_the_highest_that_was_ever_used() {
        let mut tree = Tree::default();
        let mut asset = |number: &str, more: &str| {
            let text = format!("name = 'A'\ncategory = 'c'\n{more}");
            tree.insert_toml(format!("assets/{number}/asset.toml"), text.into_bytes());
        };
        asset("CAM-0007", "aliases = ['CAM-0012', 'CAM-99999999999999']");
        asset("CAM-X", "");
        asset("LAP-99", "");
        asset("LAPTOP-5", "");
        tree.insert_toml("tags/a.toml", b"numbers = ['CAM-0015']".to_vec());
        let register = open(&tree).register;
        let next = |prefix, count| {
            let numbers = register.next_numbers(prefix, count);
            numbers.map(|all| all.iter().map(Number::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(next("CAM", 1).as_deref(), Ok("CAM-0016"));
        assert_eq!(next("LAP", 2).as_deref(), Ok("LAP-100 LAP-101"));
        assert_eq!(next("KIT", 1).as_deref(), Ok("KIT-0001"));
        assert!(next("kit", 1).is_err());
    }
}
