"""The centre: whatever reads what the gateways publish. It knows the contract and nothing of the gateway."""
