#pragma once

#include "common/Common.h"

#include <type_traits>

/** Writes little-endian numbers one after the other; notes when there was no room. */
class WriteBuffer
{
   public:
      WriteBuffer(char* buf, size_t len) : buf(buf), len(len) {}

      template<typename T>
      void number(T value)
      {
         static_assert(std::is_unsigned<T>::value, "signed numbers go as their unsigned twin");
         for(size_t i = 0; i < sizeof(T); i++)
            byte(char(value >> (8 * i)));
      }

      void bytes(const void* data, size_t count)
      {
         if(fits(count))
            memcpy(buf + used, data, count);
         used += count;
      }

      /** For bytes that are in their place already. */
      void skip(size_t count) { used += count; }

      void text(const std::string& value)
      {
         number(uint32_t(value.size()));
         bytes(value.data(), value.size());
      }

      bool good() const { return used <= len; }
      size_t size() const { return used; }

   private:
      bool fits(size_t count) const { return used <= len && count <= len - used; }

      void byte(char value)
      {
         if(fits(1))
            buf[used] = value;
         used++;
      }

      char* const buf;
      const size_t len;
      size_t used = 0;
};

/** Reads what WriteBuffer wrote; past the end everything is 0 and good() is false. */
class ReadBuffer
{
   public:
      ReadBuffer(const char* buf, size_t len) : buf(buf), len(len) {}

      uint8_t u8() { return number<uint8_t>(); }
      uint16_t u16() { return number<uint16_t>(); }
      uint32_t u32() { return number<uint32_t>(); }
      uint64_t u64() { return number<uint64_t>(); }

      /** @return count bytes inside the buffer, or null */
      const char* bytes(size_t count)
      {
         if(bad || count > len - used)
         {
            bad = true;
            return nullptr;
         }

         used += count;
         return buf + used - count;
      }

      std::string text()
      {
         const size_t count = u32();
         const char* data = bytes(count);
         return data ? std::string(data, count) : "";
      }

      bool good() const { return !bad; }
      size_t remaining() const { return bad ? 0 : len - used; }

   private:
      template<typename T>
      T number()
      {
         const auto* data = reinterpret_cast<const unsigned char*>(bytes(sizeof(T)));
         uint64_t value = 0;
         for(size_t i = 0; data && i < sizeof(T); i++)
            value |= uint64_t(data[i]) << (8 * i);
         return T(value);
      }

      const char* const buf;
      const size_t len;
      size_t used = 0;
      bool bad = false;
};
