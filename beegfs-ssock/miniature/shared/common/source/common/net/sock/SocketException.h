#pragma once

#include "common/toolkit/NamedException.h"

DECLARE_NAMEDEXCEPTION(SocketException, "SocketException")
