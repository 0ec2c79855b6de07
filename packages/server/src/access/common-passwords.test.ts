import { describe, expect, it } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'

const words = ['ada.byron@acme-security.example', 'Ada', 'Byron', 'Acme Security']

describe('passwords a guesser tries first (ACC-6)', () => {
  it.each([
    'password1234',
    'P@ssw0rd2026!',
    'Sunshine2025!!',
    'qwertyuiop12',
    '123456789012',
    'iloveyou123456',
    'MotDePasse2026',
    'azertyuiop123',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'xyxyxyxyxyxy',
    'AdaByron1815',
    'acmesecurity1',
    'Welcome12345!',
    'dragondragon1',
    'PasswordPassword',
    'zyxwvutsrqponm',
    'letmein-letmein',
    '2026-11-21-2026',
    '!!!!!!!!!!!!',
    'Élodie2026!!!',
    '1qaz2wsx3edc',
  ])('refuses %s', (password) => expect(isCommonPassword(password, words)).toBe(true))

  it.each([
    'a long enough phrase 71',
    'vK9#tq2LwzP4',
    'three grey herons at dusk',
    'mon voisin repeint son portail',
    '朝ごはんは味噌汁と焼き魚です',
    'kettle-orbit-velvet',
    'hTq7-mmRz-02Xe',
  ])('takes %s', (password) => expect(isCommonPassword(password, words)).toBe(false))

  it('decides at once, whatever it is given (R20)', () => {
    const startMs = performance.now()
    for (const password of ['a'.repeat(200), 'ab'.repeat(100), '@'.repeat(200), 'qwertyuiop'.repeat(20), '\u{1F600}'.repeat(100), ''])
      isCommonPassword(password, words)
    expect(performance.now() - startMs).toBeLessThan(200)
  })
})
