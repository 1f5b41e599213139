//! The SISCI fabric in software: a libsisci.so for machines without NTB.
