/** A moment for people, to the minute: "2026-01-31 14:05 UTC". */
export function asMinute(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`
}
