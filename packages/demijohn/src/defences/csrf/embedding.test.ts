import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EmbeddingFacts, isEmbedded } from './embedding.ts'

const facts: EmbeddingFacts = {
  method: 'GET',
  fetchSite: 'cross-site',
  fetchMode: 'no-cors',
  fetchDest: 'image',
  isNamedOrigin: false,
}

/** Destinations of the Fetch standard, section 2.2.5, but for `document`. */
const destinations = [
  ...['audio', 'audioworklet', 'embed', 'empty', 'fencedframe', 'font', 'frame', 'iframe', 'image'],
  ...['json', 'manifest', 'object', 'paintworklet', 'report', 'script', 'serviceworker'],
  ...[
    'sharedworker',
    'speculationrules',
    'style',
    'track',
    'video',
    'webidentity',
    'worker',
    'xslt',
  ],
]
const modes = ['cors', 'navigate', 'no-cors', 'same-origin', 'websocket']

test('[asvs 3.5.8] embedding: whatever another site loads, by every method, mode and destination', () => {
  for (const fetchSite of ['cross-site', 'same-site']) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const fetchMode of modes) {
        for (const fetchDest of destinations) {
          const sent = { ...facts, method, fetchSite, fetchMode, fetchDest }
          assert.equal(isEmbedded(sent), true, JSON.stringify(sent))
        }
      }
    }
  }
})

test('[asvs 3.5.8] embedding: a link that is followed, our own pages, and who sends no such headers are not', () => {
  const passes: readonly Partial<EmbeddingFacts>[] = [
    { fetchMode: 'navigate', fetchDest: 'document' },
    { fetchSite: 'same-site', fetchMode: 'navigate', fetchDest: 'document' },
    { method: 'POST', fetchMode: 'navigate', fetchDest: 'document' },
    { fetchSite: 'same-origin' },
    { fetchSite: 'none' },
    { fetchSite: undefined, fetchMode: undefined, fetchDest: undefined },
    { fetchMode: undefined, fetchDest: undefined },
    { fetchMode: 'cors', fetchDest: 'empty', isNamedOrigin: true },
    { method: 'OPTIONS', fetchMode: 'cors', fetchDest: 'empty' },
  ]
  for (const changed of passes) {
    assert.equal(isEmbedded({ ...facts, ...changed }), false, JSON.stringify(changed))
  }
  assert.equal(isEmbedded({ ...facts, isNamedOrigin: true }), true, 'without reading the answer')
})
