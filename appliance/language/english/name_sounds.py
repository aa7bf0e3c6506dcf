"""Names that are said otherwise than English letters are read, in CMU phones; several ways are divided by "|". Pure.:

The frequent names of the US census of 1990 that ``phonetics`` reads worst from their letters, as CMU's dictionary says:
them (BSD licence), and names of other origins."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.language.phone_likeness import Phones

_KNOWN = """
aguirre: AA G W IH R EY | AH G W IH R EY
ahmed: AA M EH D
amos: EY M AH S
angel: EY N JH AH L
angela: AE N JH AH L AH
aoife: IY F AH
avery: EY V ER IY
aviles: AA V IY L EH S
ayers: AY ER Z | EY ER Z
baer: B EH R
barajas: B AA R AA Y AA Z
beauchamp: B IY CH AH M | B OW SH AA M P
beaulieu: B OW L Y UH
bernier: B ER N IY ER
bjork: B Y AO R K
bouchard: B UW SH AA R D
boudreau: B UW D R OW
boudreaux: B UW D R OW
bourgeois: B UH R ZH W AA
cai: T S AY
cao: T S AW
caoimhe: K IY V AH | K W IY V AH
carrier: K AE R IY ER | K EH R IY ER
caruso: K ER UW S OW
cholmondeley: CH AH M L IY
cohen: K OW AH N
collier: K AA L Y ER
combs: K OW M Z
cook: K UH K
couture: K UW T UH R
cuellar: K Y UW L ER
cyr: S IH R
dalziel: D IY EH L
dozier: D OW Z IY ER
duarte: D W AA R T EY
dubois: D UW B W AA
dvorak: D V AO R ZH AE K
earl: ER L
elias: AH L AY AH S
eoghan: OW AH N
featherstonehaugh: F AE N SH AO
francois: F R AA N S W AA
frazier: F R EY ZH ER
gagnon: G AE N Y AH N
garcia: G AA R S IY AH
gauthier: G AW TH IY ER
gee: JH IY
gene: JH IY N
georgia: JH AO R JH AH
gina: JH IY N AH
girard: JH ER AA R D
goethe: G ER T AH
goncalves: G AO N S AA L V IH SH
granger: G R EY N JH ER
grey: G R EY
guerrero: G EH R EH R OW
guidry: G IH D ER IY
guillaume: G IY OW M
haas: HH AA S
hagen: HH EY G AH N
hernandez: EH R N AA N D EH Z | HH ER N AE N D EH Z
hilliard: HH IH L Y AA R D
hogue: HH OW G
holm: HH OW M
hsu: SH UW
huang: HH W AA NG | W AA NG
hughes: HH Y UW Z | Y UW Z
huynh: W IH N | HH W IH N
ibanez: IH B AA N Y EH Z
irene: AY R IY N
isaac: AY Z AH K | AY Z IH K
isaacs: AY Z IH K S
iyer: AY ER
jacques: ZH AA K | JH AE K
jarrell: Y AA R EY L
javier: HH AA V IY EH R
jean: ZH AA N | JH IY N
jimenez: HH IH M EH N EH Z
joao: ZH W AW
joaquin: W AA K IY N
jorge: HH AO R HH EY
jose: HH OW Z EY
juan: W AA N | HH W AA N
juarez: W AA R EH Z | HH W AA R EH Z
julia: JH UW L Y AH
kaur: K AW ER | K AO R
koch: K OW K | K AA K
koenig: K OW N IH G
krzysztof: K SH IH SH T AO F
leigh: L IY
lewis: L UW IH S
liu: L Y UW
lois: L OW AH S
lorenz: L ER EH N T S
loretta: L ER EH T AH
louis: L UW IH S
luis: L UW IY S
lujan: L UW Y AA N
lyon: L AY AH N
lyons: L AY AH N Z
macias: M AA S IY AH S
magee: M AH G IY
maguire: M AH G W AY R
maher: M AA R
mainwaring: M AE N ER IH NG
maria: M ER IY AH
marjoribanks: M AA R CH B AE NG K S
mcguire: M AH G W AY R
mejia: M EY Y IY AH
menzies: M IH NG IH S | M EH N Z IY Z
michael: M AY K AH L
michaels: M AY K AH L Z
micheal: M AY K AH L
mueller: M Y UW L ER | M UH L ER
munoz: M UW N Y OW Z
nadeau: N AH D OW
napier: N EY P IY ER
ng: IH NG | EH NG
ngo: EH NG G OW | N OW | NG OW
nguyen: W IH N | N UW Y EH N | N UW EH N | W IY EH N
niamh: N IY V
novak: N OW V AE K
ojeda: OW Y EY D AH
orourke: ER UH R K
oscar: AO S K ER
owens: OW AH N Z
palacios: P AA L AA S IY OW Z
patel: P AH T EH L
pena: P EY N Y AH
pham: F AE M | F AA M
phan: F AE N | F AA N
pierre: P IY EH R
poirier: P OY R IY ER
pryor: P R AY ER
przybylski: P SH IH B IH L S K IY
pugh: P Y UW
qian: CH IY EH N
qiu: CH UW
quintero: K IY N T EH R OW
regina: R IH JH IY N AH
reid: R IY D
reilly: R AY L IY
renault: R AH N OW
rios: R IY OW S
rojas: R OW HH AA S
rousseau: R UW S OW
salmon: S AE M AH N
saoirse: S ER SH AH
schaefer: SH EY F ER
schell: S K EH L
schmidt: SH M IH T
schroeder: SH R OW D ER
schultz: SH UH L T S
schulz: SH UH L T S
sean: SH AO N
seay: S EY
shoe: SH UW
siegel: S IY G AH L
sierra: S IY EH R AH
siobhan: SH AH V AO N
st: S EY N T
strange: S T R EY N JH
suarez: S W AA R EH Z
szymanski: SH IH M AE N S K IY
tanya: T AA N Y AH
teresa: T ER IY S AH | T ER EY S AH
theresa: T ER IY S AH | T ER EY S AH
thomas: T AA M AH S
thompson: T AA M S AH N
tran: T R AE N | CH AE N
trejo: T R EY Y OW
trujillo: T R UW HH IY OW
vaughan: V AO N
vigil: V IH JH AH L
virginia: V ER JH IH N Y AH
vogel: V OW G AH L
vogt: V OW T
ward: W AO R D
weiss: W AY S | V AY S
wojcik: V OY CH IH K
wriothesley: R AY Z L IY
xiao: SH AW
xie: SH EH | SH IY EH
xiong: ZH AO NG
xu: SH UW | Z UW
yarbrough: Y AA R B ER OW
ybarra: IY B AA R AH
yousef: Y UW S EH F
zhang: JH AA NG | ZH AE NG
zhao: JH AW
zhou: JH OW
zhu: JH UW
"""


def _read(table: str) -> Mapping[str, tuple[Phones, ...]]:
    rows = (line.partition(":") for line in table.strip().splitlines())
    return {name: tuple(tuple(way.split()) for way in ways.split("|")) for name, _, ways in rows}


KNOWN: Mapping[str, tuple[Phones, ...]] = _read(_KNOWN)
