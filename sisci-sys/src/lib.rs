//! Raw SISCI bindings and the run-time loader of libsisci.so.
