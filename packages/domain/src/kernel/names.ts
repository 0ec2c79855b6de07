/** Family name first where names are written so: Japanese, Chinese, Korean (OPS-4). The database says the same: `vigie.person_name`. */
export function nameOf({ firstName, lastName }: { firstName: string; lastName: string }): string {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(lastName)
    ? `${lastName} ${firstName}`
    : `${firstName} ${lastName}`
}
