//! Whole-suite tests: the story, the rules over descriptors, the layout of the house.
