export const isCommonPassword = (_password: string, _words: readonly string[]): boolean => false
