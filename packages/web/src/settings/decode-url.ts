/** RFC 3492, decoding one label (without `xn--`). Null: it is none. */
function decodeLabel(text: string): string | null {
  const [base, tMin, tMax, skew, damp] = [36, 1, 26, 38, 700]
  const split = text.lastIndexOf('-')
  const output = split > 0 ? [...text.slice(0, split)].map((char) => char.codePointAt(0)!) : []
  let [n, i, bias] = [128, 0, 72]
  for (let at = split > 0 ? split + 1 : 0; at < text.length;) {
    const before = i
    for (let weight = 1, k = base; ; k += base) {
      const code = text.charCodeAt(at++)
      const digit = code >= 48 && code <= 57 ? code - 22 : code >= 97 && code <= 122 ? code - 97 : -1
      if (digit < 0) return null
      i += digit * weight
      const t = k <= bias ? tMin : k >= bias + tMax ? tMax : k - bias
      if (digit < t) break
      weight *= base - t
    }
    const count = output.length + 1
    let delta = before === 0 ? Math.floor((i - before) / damp) : Math.floor((i - before) / 2)
    delta += Math.floor(delta / count)
    let k = 0
    for (; delta > ((base - tMin) * tMax) / 2; k += base) delta = Math.floor(delta / (base - tMin))
    bias = k + Math.floor(((base - tMin + 1) * delta) / (delta + skew))
    n += Math.floor(i / count)
    i %= count
    if (n > 0x10ffff) return null
    output.splice(i++, 0, n)
  }
  return String.fromCodePoint(...output)
}

/** An entry as people read it: IDN decoded, path too. What does not decode, or not back to the same, stays as it is. */
export function decodedUrl(text: string): string {
  const [, before = '', host = '', rest = ''] = /^((?:https?:\/\/)?(?:\*\.)?)([^/:[]*)(.*)$/.exec(text) ?? []
  const shown = host
    .split('.')
    .map((label) => (label.startsWith('xn--') ? (decodeLabel(label.slice(4)) ?? label) : label))
    .join('.')
  let isSame = false
  try {
    isSame = shown === host || new URL(`https://${shown}`).hostname === host
  } catch {
    isSame = false
  }
  return `${before}${isSame ? shown : host}${rest}`
}
