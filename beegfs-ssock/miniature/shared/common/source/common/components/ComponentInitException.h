#pragma once

#include "common/toolkit/NamedException.h"

DECLARE_NAMEDEXCEPTION(ComponentInitException, "ComponentInitException")
