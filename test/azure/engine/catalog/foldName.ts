// What two names of the same thing have in common: names compare as text does, without case and without trailing blanks.

/** Names are kept as they were written, also `[t ]` (Learn: "Database identifiers", rules for delimited identifiers). */
export const foldName = (name: string): string => name.replace(/ +$/u, '').toLowerCase();
