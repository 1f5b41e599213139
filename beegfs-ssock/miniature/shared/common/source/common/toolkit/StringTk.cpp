#include "StringTk.h"

bool StringTk::strToBool(const std::string& text)
{
   for(const char* yes : {"1", "true", "yes", "y", "on"})
      if(!strcasecmp(text.c_str(), yes))
         return true;

   return text.empty(); // a key without a value switches on
}

std::string StringTk::trim(const std::string& text)
{
   const char* blanks = " \t\r\n";
   const size_t first = text.find_first_not_of(blanks);
   if(first == std::string::npos)
      return "";

   return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/** Empty parts are left out. */
void StringTk::explode(const std::string& text, char delimiter, StringList* outParts)
{
   std::istringstream stream(text);
   for(std::string part; std::getline(stream, part, delimiter); )
      if(!part.empty())
         outParts->push_back(part);
}
