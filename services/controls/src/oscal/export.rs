//! Writing what the service holds as OSCAL documents.
use uuid::Uuid;
/// The namespace of the UUIDs we make.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x5e1d_7a30_9c42_4c0b_8f6e_2d51_b7a4_c903);
