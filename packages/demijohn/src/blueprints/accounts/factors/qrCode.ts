/**
 * A QR code as markup of the page itself, drawn on the server: the secret in it is sent to nobody who
 * draws pictures, and lies in no cache of images. One path of fixed colours, without style or script,
 * so that it stands under the site's policy as it is, and reads in a dark layout too.
 */
import { encode } from 'uqr'
import { type Html, html } from '../../../html/template.ts'

/** ISO/IEC 18004 section 9.1: four modules of white around it. */
const quietZone = 4

/** `name` is what it says to people who do not see it. @throws RangeError for text beyond 2,331 bytes. */
export function qrCode(text: string, name: string): Html {
  const { size, data } = encode(text, { ecc: 'M', border: quietZone })
  const black = data.map((row, y) => rowPath(row, y)).join('')
  return html`<svg class="qr-code" role="img" aria-label="${name}" viewBox="0 0 ${size} ${size}" width="240" height="240" shape-rendering="crispEdges">
<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${black}"/>
</svg>`
}

/** Each run of black modules as one rectangle of height 1. */
function rowPath(row: readonly boolean[], y: number): string {
  let path = ''
  for (let x = 0; x < row.length; x += 1) {
    if (row[x] !== true) continue
    const start = x
    while (row[x + 1] === true) x += 1
    path += `M${start} ${y}h${x - start + 1}v1H${start}z`
  }
  return path
}
