/*
 * How the names of the SISCI source interface become the names that libsisci.so exports.
 *
 * A function has two exported flavours with one parameter list: "MT" for programs that are compiled
 * with _REENTRANT (gcc -pthread defines it), "ST" for all others. Flags, query numbers and special
 * values are no compile-time constants but read-only objects of the library.
 */
#ifndef SISCI_API_MACROS_H
#define SISCI_API_MACROS_H

#ifdef _REENTRANT
#define SISCI_FUNCTION_SYMBOL(name) _SISCI_PUBLIC_FUNC_MT_##name
#define SISCI_VARIABLE_SYMBOL(name) _SISCI_PUBLIC_VAR_MT_##name
#else
#define SISCI_FUNCTION_SYMBOL(name) _SISCI_PUBLIC_FUNC_ST_##name
#define SISCI_VARIABLE_SYMBOL(name) _SISCI_PUBLIC_VAR_ST_##name
#endif

#define SISCI_CONSTANT_SYMBOL(name) _SISCI_PUBLIC_CONST_##name

#endif
