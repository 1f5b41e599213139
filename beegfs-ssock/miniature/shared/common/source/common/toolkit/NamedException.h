#pragma once

#include <exception>
#include <string>

/** An exception whose text starts with the name of its class. */
class NamedException : public std::exception
{
   public:
      NamedException(const char* name, const std::string& message)
         : text(std::string(name) + ": " + message) {}

      const char* what() const noexcept override { return text.c_str(); }

   private:
      std::string text;
};

#define DECLARE_NAMEDSUBEXCEPTION(Class, nameText, Base) \
   class Class : public Base \
   { \
      public: \
         explicit Class(const std::string& message) : Base(nameText, message) {} \
      protected: \
         Class(const char* name, const std::string& message) : Base(name, message) {} \
   };

#define DECLARE_NAMEDEXCEPTION(Class, nameText) \
   DECLARE_NAMEDSUBEXCEPTION(Class, nameText, NamedException)
