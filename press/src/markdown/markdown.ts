/**
 * From the Markdown that people write to markup.
 *
 * Stops stored cross-site scripting three times over: HTML in the source is shown as text, an
 * address has to be of a known kind, and whatever the renderer makes still goes through `sanitise`
 * (ASVS 1.3.1). Pictures come from this site or are shown as a link, which is what the content
 * security policy would leave of them.
 *
 * Does not stop links to harmful sites.
 */
import { type Html, html, sanitise } from 'demijohn'
import MarkdownIt, { type Token } from 'markdown-it'
import { leastRecentlyUsed } from './leastRecentlyUsed.ts'

/** Web, mail, and paths of this site. `//host` is another site. */
const knownAddress = /^(?:https?:\/\/|mailto:|\/(?![/\\]))/i

/** Sanitising costs. Kept by the text itself, so that what is kept cannot be out of date. */
const articles = leastRecentlyUsed<Html>({ maxEntries: 300 })
const remarks = leastRecentlyUsed<Html>({ maxEntries: 300 })

const articleRenderer = createRenderer()
const tablelessRenderer = createRenderer().disable('table')
const remarkRenderer = createRenderer().disable(['heading', 'lheading', 'table'])

/** A row that is short of cells is filled up with empty ones, so a few characters make thousands. */
const maxTableCells = 10_000

/** Whether no table that this text may hold has more cells than a page can carry. */
function tablesFit(source: string): boolean {
  const lines = source.split('\n')
  const columns = Math.max(...lines.map((line) => line.split('|').length))
  return columns * lines.length <= maxTableCells
}

/** A post. Its headings start below the title of the page, at h2. */
export function articleMarkup(source: string): Html {
  return articles.get(source, () =>
    blocks(tablesFit(source) ? articleRenderer : tablelessRenderer, source),
  )
}

/** A comment or a biography: no headings, for they stand under somebody else's; no tables. */
export function remarkMarkup(source: string): Html {
  return remarks.get(source, () => blocks(remarkRenderer, source))
}

/** At 230 words a minute; no post takes less than one. */
export function minutesToRead(source: string): number {
  const words = source.match(/\S+/g)?.length ?? 0
  return Math.max(1, Math.round(words / 230))
}

type Renderer = ReturnType<typeof createRenderer>

function createRenderer() {
  const markdown = new MarkdownIt({ html: false, linkify: true, typographer: true })
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
  const isHarmless = markdown.validateLink
  markdown.validateLink = (url) => knownAddress.test(url) && isHarmless(url)
  markdown.core.ruler.push('fit_into_page', ({ tokens }) => {
    nestHeadings(tokens)
    tokens.forEach(alignWithoutStyle)
  })
  const writeImage = markdown.renderer.rules.image
  markdown.renderer.rules.image = (tokens, index, options, environment, renderer) => {
    const image = tokens[index]
    if (image === undefined) return ''
    const source = String(image.attrGet('src') ?? '')
    if (source.startsWith('/static/') && writeImage !== undefined) {
      return writeImage(tokens, index, options, environment, renderer)
    }
    const { escapeHtml } = markdown.utils
    return `<a href="${escapeHtml(source)}">${escapeHtml(image.content || source)}</a>`
  }
  return markdown
}

/**
 * The highest headings of a text become h2, and none skips a level on the way down, whatever level
 * the author began with: the outline is how a screen reader finds its way.
 */
function nestHeadings(tokens: readonly Token[]): void {
  const levelOf = ({ tag }: Token): number => Number(tag.slice(1))
  const headings = tokens.filter(({ type }) => type === 'heading_open' || type === 'heading_close')
  const highest = Math.min(...headings.map(levelOf))
  let level = 1
  for (const heading of headings) {
    if (heading.type === 'heading_open')
      level = Math.min(levelOf(heading) - highest + 2, level + 1, 6)
    heading.tag = `h${level}`
  }
}

/** Alignment as the attribute that needs no inline style, which the policy blocks. */
function alignWithoutStyle(token: Token): void {
  if (token.type !== 'th_open' && token.type !== 'td_open') return
  const alignment = /^text-align:(left|center|right)$/.exec(
    String(token.attrGet('style') ?? ''),
  )?.[1]
  token.attrs = alignment === undefined ? null : [['align', alignment]]
}

/** A table may be wider than the page: each one that stands by itself gets a frame that scrolls. */
function blocks(markdown: Renderer, source: string): Html {
  const environment = {}
  const tokens = markdown.parse(source, environment)
  const write = (part: readonly Token[]): Html =>
    sanitise(markdown.renderer.render([...part], markdown.options, environment))
  const written: Html[] = []
  let from = 0
  tokens.forEach((token, at) => {
    if (token.level !== 0 || (token.type !== 'table_open' && token.type !== 'table_close')) return
    const end = token.type === 'table_open' ? at : at + 1
    const part = write(tokens.slice(from, end))
    written.push(
      token.type === 'table_open'
        ? part
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Table">${part}</div>`,
    )
    from = end
  })
  return html`${written}${write(tokens.slice(from))}`
}
