import { describe, expect, it } from 'vitest'
import { ConsentInput, mostDocumentBytes } from '@vigie/domain/consent'
import { fileContent } from './file-content.ts'

describe('a file for the API (ACC-12, R37)', () => {
  it.each([0, 1, 2, 3, 32_768, 100_001])('%s bytes come through as they are', async (length) => {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 7) % 256)
    expect(Buffer.from(await fileContent(new Blob([bytes]), mostDocumentBytes), 'base64').equals(Buffer.from(bytes))).toBe(true)
  })
  it.each([
    [mostDocumentBytes, true],
    [mostDocumentBytes + 3, false],
    [mostDocumentBytes * 3, false],
  ])('%s bytes: taken is %s', async (length, isTaken) => {
    const content = await fileContent(new Blob([new Uint8Array(length)]), mostDocumentBytes)
    expect(ConsentInput.shape.document.safeParse({ name: 'a.pdf', content }).success).toBe(isTaken)
    expect(content.length).toBeLessThan(mostDocumentBytes * 1.4)
  })
})
