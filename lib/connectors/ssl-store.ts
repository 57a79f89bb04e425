// ssl-store: files with keys and certificates, as options of Java's clients name them.
//
//   'trust.jks'   ->   JKS: only Java reads it        'ca.pem'   ->   PEM

export type StoreType = 'PEM' | 'PKCS12' | 'JKS';

/** What kind of store a file is: as was said, or as its name tells. */
export function storeType(said: string | undefined, location: string): StoreType {
  const type = said?.trim().toUpperCase();
  if (type === 'PEM' || type === 'PKCS12' || type === 'JKS') return type;
  if (/\.(pem|crt|cer|key)$/i.test(location)) return 'PEM';
  return /\.(p12|pfx)$/i.test(location) ? 'PKCS12' : 'JKS';
}
