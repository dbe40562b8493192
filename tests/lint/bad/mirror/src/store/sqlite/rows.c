/*
 * Reached through the contract.
 *
 * tested with: test_store core/test_alert
 */
