//! Stream sockets over NTB shared memory: protocol, driver, window.
