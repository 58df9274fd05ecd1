//! The HTTP door: who asks, the company's lock, the hand-off.
