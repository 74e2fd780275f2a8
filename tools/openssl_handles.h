#ifndef HEYHI_TOOLS_OPENSSL_HANDLES_H_
#define HEYHI_TOOLS_OPENSSL_HANDLES_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

// OpenSSL's objects with owners.

namespace heyhi {

template <auto Free>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using BioHandle = std::unique_ptr<BIO, OpensslDeleter<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, OpensslDeleter<X509_free>>;

}  // namespace heyhi

#endif  // HEYHI_TOOLS_OPENSSL_HANDLES_H_
