import { describe, expect, it } from 'vitest'
import { readVerb } from './verbs.ts'

const english = ['Scan now', 'Stop the scan', 'Update components']
const french = ['Analyser maintenant', "Arrêter l'analyse"]
const japanese = ['今すぐスキャン', 'スキャンの停止']
const read = (text: string, all: string[]) => readVerb(text, all, (name) => name)

describe('a command and what it is for', () => {
  it.each([
    ['one word of it', 'scan pc-12', english, ['Scan now', 'Stop the scan'], 'pc-12'],
    ['all of it', 'scan now dupont pc', english, ['Scan now'], 'dupont pc'],
    ['its beginning, in capitals', 'UPD dupont', english, ['Update components'], 'dupont'],
    ['without its accents, past an apostrophe', 'arreter analyse dupont', french, ["Arrêter l'analyse"], 'dupont'],
    ['a word within, where words are not parted', 'スキャン 山田', japanese, japanese, '山田'],
  ])('%s', (_, text, all, verbs, target) => expect(read(text, all)).toEqual({ verbs, target }))

  it.each([
    ['nothing to do it to', 'scan'],
    ['too little', 'scan p'],
    ['no command', 'dupont pc'],
    ['too short to be one', 'sc pc-12'],
  ])('%s: none', (_, text) => expect(read(text, english)).toBeNull())
})
