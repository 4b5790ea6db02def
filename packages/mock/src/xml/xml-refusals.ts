/** What Java's parser says of texts that end too soon. */
export const UNFINISHED = "XML document structures must start and end within the same entity.";
export const PREMATURE_END = "Premature end of file.";
