#pragma once

// The one thing of Boost that code for BeeGFS may need here: text of whatever can be streamed.

#include <sstream>
#include <string>

namespace boost
{
   template<typename Target, typename Source>
   Target lexical_cast(const Source& value)
   {
      static_assert(std::is_same<Target, std::string>::value, "only to text");

      std::ostringstream text;
      text << value;
      return text.str();
   }
}
