#pragma once

#include "common/toolkit/NamedException.h"

DECLARE_NAMEDEXCEPTION(InvalidConfigException, "InvalidConfigException")
