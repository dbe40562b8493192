/* Believes in a test that is not there. tested with: test_store test_gone */
