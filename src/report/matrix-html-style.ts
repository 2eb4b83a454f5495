// Colours were chosen for 4.5 to 1 and more on their grounds, in both schemes; test/real/matrix-html.test.ts holds axe against it.
const light = `
--ground:#fbfbf9;--panel:#fff;--ink:#1b1f23;--soft:#57606a;--line:#e0e3e5;--link:#0a58a8;--code:#f2f3f1;
--good:#1b6a39;--good-ground:#e9f4ec;--odd:#9e3a10;--odd-ground:#fcede5;--bad:#a61535;--bad-ground:#fbe9ed;
--cannot:#6b5000;--cannot-ground:#f8f1dc;--idle:#4f5962;--idle-ground:#eff1f2;`;
const dark = `
--ground:#14171a;--panel:#1a1e22;--ink:#e3e6e9;--soft:#a1abb4;--line:#31373d;--link:#82b9ff;--code:#22272c;
--good:#83d49e;--good-ground:#182a1f;--odd:#ffa583;--odd-ground:#33211a;--bad:#ff95ae;--bad-ground:#361d25;
--cannot:#e3c670;--cannot-ground:#2d2818;--idle:#b4bdc5;--idle-ground:#242a2f;`;

const base = `
:root{color-scheme:light dark;${light}
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:80rem;padding:0 clamp(.9rem,3vw,2rem) 3rem;background:var(--ground);color:var(--ink);
font:.9375rem/1.5 var(--sans);overflow-wrap:break-word}
h1,h2,h3,h4,p,ul,ol,dl,dd,table{margin:0}
h1{font-size:clamp(1.4rem,4.2vw,2rem);line-height:1.2;font-weight:650;letter-spacing:-.012em;text-wrap:balance;margin:.15rem 0 .8rem}
h2{font-size:1.2rem;line-height:1.3;font-weight:650;margin:2.4rem 0 .7rem}
h3{font-size:1rem;line-height:1.4;font-weight:650;margin:1.2rem 0 .4rem}
h4{font-size:.875rem;font-weight:600;margin:.6rem 0 .2rem}
a{color:var(--link);text-underline-offset:.18em;text-decoration-thickness:1px;text-decoration-color:color-mix(in srgb,currentColor 45%,transparent)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
main:focus{outline:0}
code,pre{font-family:var(--mono);font-size:.8125rem}
code,pre,dd,.reason{unicode-bidi:isolate;overflow-wrap:anywhere}
pre{white-space:pre-wrap;margin:.4rem 0;padding:.6rem .75rem;background:var(--code);border-radius:4px;line-height:1.45;tab-size:4}
.soft,.left,.reason,.gist,.move,.axis,.other{color:var(--soft)}
.soft code{color:inherit}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.hid{color:var(--bad);background:var(--bad-ground);border-radius:2px;padding:0 .1em}
.skip{position:absolute;left:1rem;top:-5rem;padding:.5rem .9rem;background:var(--panel);z-index:2}
.skip:focus{top:.5rem}`;

const states = `
.is-as-expected{--state:var(--good);--state-ground:var(--good-ground)}
.is-unexpected{--state:var(--odd);--state-ground:var(--odd-ground)}
.is-failed{--state:var(--bad);--state-ground:var(--bad-ground)}
.is-cannot-run{--state:var(--cannot);--state-ground:var(--cannot-ground)}
.is-not-run{--state:var(--idle);--state-ground:var(--idle-ground)}
.state{color:var(--state);font-weight:600;font-size:.9375rem;white-space:nowrap}
.icon{width:.95em;height:.95em;margin-right:.35em;vertical-align:-.1em}
.verdict{font:600 .75rem/1 var(--mono);color:var(--soft)}
.loud,strong{color:var(--odd)}
strong{font-weight:600}
.shares rect{fill:var(--state)}
.bar rect{fill:var(--soft)}`;

const head = `
header{padding-top:1.6rem}
.shares{display:block;width:100%;height:6px;border-radius:3px;margin-bottom:.6rem}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem;font-size:.875rem}
.facts dt,.facts dd{display:inline}
.facts dt{color:var(--soft);margin-right:.35em}
nav{margin-top:1.1rem;border:solid var(--line);border-width:1px 0;background:var(--ground)}
nav ul{display:flex;flex-wrap:wrap;gap:0 1.3rem;list-style:none;padding:0}
nav a{display:block;padding:.5rem 0;text-decoration:none}
nav a:hover{text-decoration:underline}
@media (min-width:48rem) and (min-height:30rem){nav{position:sticky;top:0;z-index:1}}
footer{margin-top:2.5rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--soft);font-size:.8125rem}`;

const tables = `
.scroll{overflow-x:auto;margin:0 -.25rem;padding:.25rem}
table{border-collapse:collapse;font-size:.875rem}
th{font-weight:600;text-align:left}
th,td{vertical-align:top;padding:.22rem .9rem .22rem 0}
thead th{color:var(--soft);font-size:.75rem;font-weight:500}
tbody tr{border-top:1px solid var(--line)}
tbody th,.runs td{overflow-wrap:anywhere}
tbody th{font-weight:400}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.steps,.runs{width:100%}
.steps td{white-space:nowrap}
.wide{width:35%;padding-right:0}
.bar{display:block;width:100%;height:6px;margin-top:.5em}
.grid{border-collapse:separate;border-spacing:4px;margin:0 -4px}
.grid tr{border:0}
.grid th,.grid thead td{padding:.3rem .6rem .3rem 0}
.grid thead th{color:inherit;font-size:.9375rem;font-weight:600;vertical-align:bottom;padding-left:.75rem;max-width:17rem}
.grid tbody th{position:sticky;left:0;background:var(--ground);font-weight:600;font-size:.9375rem;max-width:12rem;overflow-wrap:break-word}
.axis,.other{display:block;font-size:.75rem;font-weight:400;line-height:1.3}
.grid tbody td{padding:0;min-width:9.5rem;max-width:17rem;height:1px}
.grid td.none{padding:.5rem .75rem;font-size:.8125rem}
.grid a{position:relative;display:block;height:100%;min-height:3.4rem;padding:.45rem .75rem .5rem;border-left:3px solid var(--state);
border-radius:3px;background:var(--state-ground);color:var(--ink);text-decoration:none}
.grid a+a{margin-top:4px}
.grid a:hover .state{text-decoration:underline}
.gist,.move{display:block;font-size:.8125rem;line-height:1.35}
.move{font-style:italic}`;

const lists = `
.troubles,.cases,.claims,.list,.unchecked,.links{list-style:none;padding:0}
.troubles>li{padding:.55rem 0;border-top:1px solid var(--line)}
.where,.links{display:flex;flex-wrap:wrap;gap:0 1rem;font-size:.8125rem}
.where .links{display:contents}
.links a{display:inline-block;padding:.1rem 0}
.unchecked>li,.list>li{padding:.15rem 0}
.unchecked>li+li{margin-top:.25rem}
.claims>li{padding:.35rem 0}
.claims dl,.troubles dl,.words{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.05rem .9rem;font-size:.875rem}
.claims dt,.troubles dt{color:var(--soft)}
.words{gap:.2rem 1.4rem}
.words dt{font-weight:600}
.left{font-size:.8125rem;padding:.3rem 0}`;

const cells = `
.cell{position:relative;margin:.9rem 0;padding:.75rem 1rem .5rem;background:var(--panel);border:1px solid var(--line);
border-left:4px solid var(--state);border-radius:5px}
.cell:target{outline:2px solid var(--link);outline-offset:1px}
.cell h3{display:flex;flex-wrap:wrap;gap:0 1rem;margin:0}
.cell>.soft{font-size:.8125rem;margin-bottom:.5rem}
.row{position:relative;padding-left:7rem;border-top:1px solid var(--line)}
.row>p,.row>summary{padding:.32rem 0}
.key{position:absolute;left:1.2rem;font-weight:500;color:var(--soft)}
summary{cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"";position:absolute;left:.15rem;margin-top:.42em;width:.45em;height:.68em;background:var(--soft);
clip-path:polygon(0 0,100% 50%,0 100%)}
details[open]>summary::before{transform:rotate(90deg)}
.row:focus-within>summary:focus-visible{outline-offset:-1px}
summary:hover{background:var(--code)}
.row>summary{margin-left:-7rem;padding-left:7rem}
.row>pre{margin:-.1rem 0 .45rem}
.reason{font-size:.875rem}
.row>.body{padding:.1rem 0 .6rem}
.cases{padding-bottom:.3rem}
.cases details{position:relative;padding-left:1.1rem}
.cases summary{padding:.12rem 0;margin-left:-1.1rem;padding-left:1.1rem}
.cases .body{padding:.1rem 0 .5rem;font-size:.875rem}
.count{white-space:nowrap;font-variant-numeric:tabular-nums}
@media (prefers-reduced-motion:no-preference){summary::before{transition:transform .12s}}
@media (forced-colors:active){summary::before{forced-color-adjust:none;background:CanvasText}}`;

const phone = `
@media (max-width:40rem){
.row{padding-left:1.2rem}
.row>summary{margin-left:-1.2rem;padding-left:1.2rem}
.key{position:static;margin-right:.4em}
.cell{padding:.65rem .75rem .4rem}
nav ul{gap:0 1rem}
nav a{padding:.3rem 0;font-size:.875rem}
.steps .wide{display:none}
.grid tbody td{min-width:8.2rem}
.grid a{padding:.4rem .5rem}
.grid .state{font-size:.875rem}
.grid thead th{padding-left:.5rem}
.runs thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.runs tr,.runs th,.runs td{display:block;padding:.1rem 0;text-align:left}
.runs tr{padding:.4rem 0}
.runs .number::before{content:attr(data-name) " "}}`;

const print = `
@media print{
body{max-width:none;padding:0;font-size:9.5pt}
nav,.skip{display:none}
details::details-content{content-visibility:visible;display:block;block-size:auto}
h2,h3,summary{break-after:avoid}
li,tr{break-inside:avoid}
.cell,.grid a,pre{-webkit-print-color-adjust:exact;print-color-adjust:exact}
a{color:inherit}}`;

/** The page's one style sheet: both colour schemes, phone, paper. */
export const matrixStyle: string = [base, states, head, tables, lists, cells, phone, print].join('\n').trim();
