//! Tables: models, roles and states of NetBox and what they mean to us.

use wire::assets::v1::asset::State;

/// Models that become assets, and their asset type. The type of a device follows from its role.
pub(super) const ASSETS: &[(&str, &str)] = &[
    ("dcim.device", "hardware"),
    ("virtualization.virtualmachine", "virtual-machine"),
    ("virtualization.cluster", "cluster"),
    ("circuits.circuit", "circuit"),
    ("ipam.prefix", "ip-prefix"),
    ("ipam.aggregate", "ip-prefix"),
    ("ipam.iprange", "ip-range"),
    ("ipam.asn", "asn"),
    ("ipam.vrf", "vrf"),
    ("ipam.vlan", "vlan"),
    ("dcim.powerpanel", "power-panel"),
    ("dcim.powerfeed", "power-feed"),
];

/// Words in the slug of a device role, and the asset type; the first match counts. Roles that are an asset type need no row.
pub(super) const ROLE_WORDS: &[(&str, &str)] = &[
    ("firewall", "firewall"),
    ("load-balancer", "load-balancer"),
    ("router", "router"),
    ("switch", "switch"),
    ("spine", "switch"),
    ("leaf", "switch"),
    ("pdu", "pdu"),
    ("patch-panel", "patch-panel"),
    ("console", "console-server"),
    ("terminal-server", "console-server"),
    ("storage", "storage-system"),
    ("server", "server"),
    ("hypervisor", "server"),
    ("ups", "power-supply"),
    ("olt", "olt"),
    ("base-station", "base-station"),
];

/// States of NetBox: the state they propose, and an operational state where the thing does not work.
pub(super) const STATUS: &[(&str, State, &str)] = &[
    ("active", State::InService, ""),
    ("container", State::InService, ""),
    ("planned", State::Identified, ""),
    ("staged", State::Identified, ""),
    ("staging", State::Identified, ""),
    ("provisioning", State::Identified, ""),
    ("reserved", State::Identified, ""),
    ("offline", State::InService, "offline"),
    ("failed", State::InService, "failed"),
    ("paused", State::InService, "paused"),
    ("inventory", State::Registered, "not in service"),
    ("decommissioning", State::Retired, ""),
    ("deprovisioning", State::Retired, ""),
    ("decommissioned", State::Retired, ""),
    ("deprecated", State::Retired, ""),
];

/// References that are kept as attributes under the name of what they refer to: model (empty for all), field, model referred to.
pub(super) const REFERENCES: &[(&str, &str, &str)] = &[
    ("", "platform", "dcim.platform"),
    ("dcim.device", "role", "dcim.devicerole"),
    ("dcim.device", "device_role", "dcim.devicerole"),
    ("dcim.device", "virtual_chassis", "dcim.virtualchassis"),
    ("dcim.device", "cluster", "virtualization.cluster"),
    ("virtualization.virtualmachine", "role", "dcim.devicerole"),
    ("virtualization.virtualmachine", "cluster", "virtualization.cluster"),
    ("virtualization.virtualmachine", "device", "dcim.device"),
    ("virtualization.cluster", "type", "virtualization.clustertype"),
    ("virtualization.cluster", "group", "virtualization.clustergroup"),
    ("circuits.circuit", "type", "circuits.circuittype"),
    ("circuits.circuit", "provider", "circuits.provider"),
    ("circuits.circuit", "provider_account", "circuits.provideraccount"),
    ("ipam.prefix", "role", "ipam.role"),
    ("ipam.vlan", "role", "ipam.role"),
    ("ipam.iprange", "role", "ipam.role"),
    ("ipam.vlan", "group", "ipam.vlangroup"),
    ("", "rir", "ipam.rir"),
    ("", "vrf", "ipam.vrf"),
    ("", "vlan", "ipam.vlan"),
    ("dcim.powerfeed", "power_panel", "dcim.powerpanel"),
];

/// Fields that go elsewhere or say nothing outside of NetBox.
pub(super) const TAKEN: &[&str] = &[
    "created", "last_updated", "custom_field_data", "description", "comments", "device_type", "tenant", "name", "serial", "site", "scope_type",
    "scope_id", "location", "rack", "position", "face", "status", "primary_ip4", "primary_ip6", "oob_ip", "cable", "cable_end",
    "termination_a", "termination_z", "local_context_data", "mark_connected", "lft", "rght", "tree_id", "level",
];

/// Models that do not become items of their own, and why.
pub(super) const LEFT_OUT: &[(&str, &str)] = &[
    ("dcim.cabletermination", "folded into the dependency of its cable"),
    ("dcim.cablepath", "NetBox works it out from the cables"),
    ("dcim.region", "folded into the region of its sites"),
    ("dcim.sitegroup", "folded into the type of its sites"),
    ("dcim.location", "folded into the location of its devices"),
    ("dcim.rack", "folded into the location of its devices"),
    ("dcim.rackrole", "only sorts racks"),
    ("dcim.rackreservation", "a plan, not a thing"),
    ("dcim.devicerole", "folded into the type of its devices"),
    ("dcim.devicetype", "folded into vendor and model of its devices"),
    ("dcim.manufacturer", "folded into the vendor of its devices"),
    ("dcim.platform", "folded into the attribute `platform`"),
    ("dcim.virtualchassis", "folded into the attribute `virtual_chassis` of its members"),
    ("dcim.devicebay", "folded into the part-of dependency of the installed device, where there is one"),
    ("dcim.interface", "a part of its device; its addresses and cables are folded into it"),
    ("dcim.frontport", "a part of its device; its cables are folded into it"),
    ("dcim.rearport", "a part of its device; its cables are folded into it"),
    ("dcim.consoleport", "a part of its device; its cables are folded into it"),
    ("dcim.consoleserverport", "a part of its device; its cables are folded into it"),
    ("dcim.powerport", "a part of its device; its cables are folded into it"),
    ("dcim.poweroutlet", "a part of its device; its cables are folded into it"),
    ("dcim.module", "a part of its device, not kept one by one"),
    ("dcim.modulebay", "a part of its device, not kept one by one"),
    ("dcim.moduletype", "catalogue of parts"),
    ("dcim.inventoryitem", "a part of its device, not kept one by one"),
    ("virtualization.vminterface", "a part of its virtual machine; its addresses are folded into it"),
    ("virtualization.clustertype", "folded into the attribute `type` of its clusters"),
    ("virtualization.clustergroup", "folded into the attribute `group` of its clusters"),
    ("circuits.circuittermination", "folded into the attributes and cables of its circuit"),
    ("circuits.circuittype", "folded into the attribute `type` of its circuits"),
    ("circuits.provider", "folded into the vendor of its circuits"),
    ("circuits.provideraccount", "folded into the attribute `provider_account` of its circuits"),
    ("circuits.providernetwork", "the provider's, outside of the operator's register"),
    ("ipam.rir", "folded into the attribute `rir`"),
    ("ipam.role", "folded into the attribute `role`"),
    ("ipam.vlangroup", "folded into the attribute `group` of its VLANs"),
    ("ipam.routetarget", "a setting of VRFs, not a thing"),
    ("tenancy.tenant", "folded into the owner"),
    ("tenancy.tenantgroup", "only sorts tenants"),
    ("tenancy.contact", "personal data is not copied; assets refer to the contact"),
    ("tenancy.contactrole", "folded into custodian and contact references"),
    ("tenancy.contactgroup", "only sorts contacts"),
    ("tenancy.contactassignment", "folded into custodian and contact references"),
    ("extras.tag", "folded into the attribute `tags`"),
    ("extras.taggeditem", "folded into the attribute `tags`"),
    ("extras.customfield", "folded into the attributes `custom.NAME`"),
    ("contenttypes.contenttype", "NetBox's own bookkeeping"),
];

/// Why a model is left out that no table names.
pub(super) const UNKNOWN: &str = "no table says what it is in the register; if it is an asset, export it as CSV and import that";
