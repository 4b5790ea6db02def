import type { Random } from "./random.ts";

const names = ["a", "b", "item", "n:a", "n:b"];
const texts = ["", "1", "2", "abc", " abc ", "a &amp; b", "<![CDATA[abc]]>", "ü", "\n  "];

export function xmlDocument(random: Random): string {
  const declaration = random.oneOf(["", "", '<?xml version="1.0" encoding="UTF-8"?>', "<!-- one -->"]);
  return `${declaration}${element(random, 3, true)}`;
}

function element(random: Random, depth: number, root: boolean): string {
  const name = root ? random.oneOf(["root", "n:root"]) : random.oneOf(names);
  const namespaces = root ? ` xmlns:n="${random.oneOf(["urn:n", "urn:n", "urn:other"])}"${random.once(4) ? ' xmlns="urn:d"' : ""}` : "";
  const attributes = random.oneOf(["", "", ' id="1"', ' id="2"', ' id="1" k="v"', ' k="v" id="1"', ' n:id="1"']);
  if (depth === 0 || random.once(5)) return random.once(3) ? `<${name}${namespaces}${attributes}/>` : wrap(random.oneOf(texts));
  return wrap(random.some(1 + random.upTo(3), () => element(random, depth - 1, false)).join(random.oneOf(["", "", "\n  ", "<!-- c -->"])));
  function wrap(content: string): string {
    return `<${name}${namespaces}${attributes}>${content}</${name}>`;
  }
}

export function changedXml(random: Random, xml: string): string {
  switch (random.upTo(9)) {
    case 0:
      return xml.replace(/>1</, ">2<");
    case 1:
      return xml.replace(/id="1"/, 'id="2"');
    case 2:
      return xml.replace(/<item[^>]*\/>/, "");
    case 3:
      return xml.replaceAll("><", ">\n  <");
    case 4:
      return xml.replaceAll("n:", "m:").replace("xmlns:n", "xmlns:m");
    case 5:
      return xml.replace("urn:n", "urn:changed");
    case 6:
      return xml.replace(/<(item|a|b)>/, "<$1><!-- c -->");
    case 7:
      return xml.slice(0, random.upTo(xml.length + 1));
    default:
      return xml;
  }
}

export function xmlWithPlaceholders(random: Random, xml: string): string {
  const placeholder = `\${xmlunit.${random.oneOf(["ignore", "isNumber", "matchesRegex([a-z]+)", "isDateTime"])}}`;
  return xml.replace(/>(1|2|abc)</, `>${placeholder}<`).replace(/id="1"/, random.once(3) ? `id="${placeholder}"` : 'id="1"');
}

const paths = [
  "/root",
  "//a",
  "//a/text()",
  "//item/@id",
  "/root/a[1]",
  "//a[@id='1']",
  "count(//a)",
  "count(//a) > 1",
  "//n:a",
  "//n:a/text()",
  "/n:root/n:a",
  "string(//a)",
  "//*[local-name()='a']",
  "//a | //b",
  "//a[last()]",
  "//a/..",
  "boolean(//b)",
  "not(//b)",
  "//comment()",
  "concat(//a, 'x')",
  "//a[contains(text(),'b')]",
  "sum(//a)",
  "//a[",
  "",
  "normalize-space(//a)",
  "//@*",
  "/root/*",
  "name(/*)",
];

export function xPath(random: Random): string {
  return random.oneOf(paths);
}
