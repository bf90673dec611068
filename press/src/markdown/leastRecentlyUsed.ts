/** A memory of at most `maxEntries` results; the one that was asked for longest ago is forgotten. */
export type Remembered<Value> = {
  readonly get: (key: string, make: () => Value) => Value
}

export function leastRecentlyUsed<Value>(options: {
  readonly maxEntries: number
}): Remembered<Value> {
  const entries = new Map<string, Value>()
  return {
    get(key, make) {
      const value = entries.get(key) ?? make()
      // A Map keeps the order of insertion: to set anew is to be used last.
      entries.delete(key)
      entries.set(key, value)
      const [oldest] = entries.keys()
      if (entries.size > options.maxEntries && oldest !== undefined) entries.delete(oldest)
      return value
    },
  }
}
