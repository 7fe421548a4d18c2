//! Ids that the service makes: UUID version 7, from time and entropy that are handed in.

/// A new id: a UUID version 7 in lower case, which is a [`crate::valid_id`]. Ids of later milliseconds sort after those of
/// earlier ones, so new rows go to the end of an index. Time beyond 48 bits (the year 10889) is cut off.
#[must_use]
pub fn new_id(unix_millis: u64, random: [u8; 10]) -> String {
    uuid::Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_time_and_entropy_give_the_same_id() {
        assert_eq!(new_id(0x0192_0000_0000, [0xff; 10]), "01920000-0000-7fff-bfff-ffffffffffff");
        assert_eq!(new_id(0, [0; 10]), "00000000-0000-7000-8000-000000000000");
        assert_ne!(new_id(1, [1; 10]), new_id(1, [2; 10]));
    }

    proptest! {
        #[test]
        fn ids_are_valid_and_sort_by_time(early in 0..1_u64 << 47, more in 1..1_u64 << 40, random: [u8; 10], other: [u8; 10]) {
            let (first, second) = (new_id(early, random), new_id(early + more, other));
            prop_assert!(crate::valid_id(&first));
            prop_assert!(first < second);
        }

        #[test]
        fn any_time_gives_a_valid_id(millis: u64, random: [u8; 10]) {
            prop_assert!(crate::valid_id(&new_id(millis, random)));
        }
    }
}
