#pragma once

#include "SocketException.h"

DECLARE_NAMEDSUBEXCEPTION(SocketTimeoutException, "SocketTimeoutException", SocketException)
