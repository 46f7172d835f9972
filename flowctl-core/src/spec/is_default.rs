/// Whether a field holds its default, so that it need not be written.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(super) const fn is_true(value: &bool) -> bool {
    *value
}

pub(super) const fn always() -> bool {
    true
}
