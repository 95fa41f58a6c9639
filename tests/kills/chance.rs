//! Chance that follows from a seed.

/// A stream of numbers that a seed determines (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` up to below `high`.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low)
    }

    /// One of `0..length`.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.number() % length as u64).unwrap_or(0)
    }

    /// True `percent` times of a hundred.
    pub(crate) const fn happens(&mut self, percent: u64) -> bool {
        self.number() % 100 < percent
    }

    /// What does not compress.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.number().to_le_bytes());
        words.take(length.div_ceil(8)).flatten().take(length).collect()
    }
}
