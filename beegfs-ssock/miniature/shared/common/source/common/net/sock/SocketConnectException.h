#pragma once

#include "SocketException.h"

DECLARE_NAMEDSUBEXCEPTION(SocketConnectException, "SocketConnectException", SocketException)
