/** Text that reads like what a field of that name holds. Nobody real is meant: names of hosts are those reserved by RFC 2606. */
export const words = [
  "amber",
  "birch",
  "cedar",
  "delta",
  "ember",
  "fable",
  "grove",
  "harbor",
  "indigo",
  "juniper",
  "kestrel",
  "lumen",
  "maple",
  "north",
  "opal",
  "prairie",
  "quartz",
  "river",
  "saffron",
  "tidal",
  "umber",
  "violet",
  "willow",
  "zephyr",
] as const;

export const givenNames = ["Mina", "Jun", "Ada", "Luca", "Sora", "Noor", "Emil", "Yuna", "Ivo", "Hana"] as const;
export const familyNames = ["Park", "Rivera", "Okafor", "Lind", "Kim", "Novak", "Sato", "Meyer", "Choi", "Silva"] as const;

/** By the last word of a field's name, in lower case without separators. Each is one of several. */
export const textByName: Readonly<Record<string, readonly string[]>> = {
  city: ["Seoul", "Lisbon", "Oslo", "Nairobi"],
  country: ["KR", "PT", "NO", "KE"],
  countrycode: ["KR", "PT", "NO", "KE"],
  currency: ["EUR", "KRW", "USD", "NOK"],
  locale: ["en-GB", "ko-KR", "pt-PT"],
  language: ["en", "ko", "pt"],
  timezone: ["Asia/Seoul", "Europe/Lisbon", "UTC"],
  phone: ["+15550100", "+15550123", "+15550177"],
  phonenumber: ["+15550100", "+15550123", "+15550177"],
  firstname: givenNames,
  givenname: givenNames,
  lastname: familyNames,
  familyname: familyNames,
  surname: familyNames,
  street: ["12 Harbor Road", "7 Willow Lane", "301 Cedar Street"],
  zip: ["04524", "1100", "0150"],
  postalcode: ["04524", "1100", "0150"],
  color: ["#3366cc", "#22aa88"],
  version: ["1.4.2", "2.0.0"],
};
