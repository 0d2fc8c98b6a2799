"""Front ends: one language each, from bytes to `form`; they conclude nothing."""
