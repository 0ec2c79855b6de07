/**
 * A file as base64, as our API takes it. One that is too large is not read whole: its first bytes past the limit are enough for the form's shape to tell so.
 */
export async function fileContent(file: Blob, mostBytes: number): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, mostBytes + 3).arrayBuffer())
  let text = ''
  // in pieces: a call takes only so many arguments
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768))
  return btoa(text)
}
