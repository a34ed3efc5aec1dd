"""What abbreviations stand for, by where they may stand."""

from __future__ import annotations


def _pairs(text: str, *, capitals: bool = False) -> dict[str, str]:
    """Short and long forms; a comma separates them. `capitals`: also with a capital."""
    table = dict(
        pair.strip().split(maxsplit=1)
        for pair in text.replace("\n", " ").split(",")
        if pair.strip()
    )
    if capitals:
        table |= {
            short[0].upper() + short[1:]: word[0].upper() + word[1:]
            for short, word in table.items()
        }
    return table


TITLES = _pairs("""
Mr Mister, Mrs Missus, Ms Miz, Mx Mix, Messrs Messers, Prof Professor, Profs Professors, Drs Doctors, Rev Reverend, Revs Reverends,
Fr Father, Br Brother, Hon Honorable, Gov Governor, Govs Governors, Sen Senator, Sens Senators, Rep Representative, Reps Representatives,
Pres President, Amb Ambassador, Atty Attorney, Treas Treasurer, Supt Superintendent, Insp Inspector, Det Detective, Ofc Officer,
Gen General, Gens Generals, Adm Admiral, Brig Brigadier, Col Colonel, Cols Colonels, Lt Lieutenant, Lts Lieutenants, Maj Major,
Capt Captain, Capts Captains, Cmdr Commander, Cdr Commander, Comdr Commander, Ens Ensign, Sgt Sergeant, Sgts Sergeants, Cpl Corporal,
Cpls Corporals, Spc Specialist, Pvt Private, Pvts Privates, Pfc Private First Class, Cllr Councillor, Ald Alderman, Dep Deputy,
Msgr Monsignor, Bp Bishop, Abp Archbishop, Ven Venerable, Rt Right, Mme Madame, Mlle Mademoiselle, Sec Secretary, Dist District,
Asst Assistant, Assoc Associate, Wm William, Chas Charles, Geo George, Thos Thomas, Jas James, Robt Robert, Jos Joseph, Benj Benjamin,
Edw Edward, Saml Samuel, Mt Mount, Mts Mounts, Ft Fort, Pt Point, Gt Great
""")
"""With a full stop, before a name."""
BARE_TITLES = _pairs("""
Mr Mister, Mrs Missus, Ms Miz, Mx Mix, Prof Professor, Lt Lieutenant, Sgt Sergeant, Cpl Corporal, Pvt Private, Pfc Private First Class,
Capt Captain, Cmdr Commander, Cdr Commander, Maj Major, Gov Governor, Sen Senator, Rep Representative, Rev Reverend, Msgr Monsignor, Col Colonel
""")
"""Also without a full stop."""
WORDS = _pairs(
    """
inc incorporated, ltd limited, corp corporation, co company, jr junior, sr senior, esq esquire, etc etc, bros brothers, univ university,
assn association, assoc associate, dept department, depts departments, govt government, natl national, intl international, inst institute, hosp hospital,
fdn foundation, avail available, util utilities, utils utilities, ctn carton, ctns cartons, dmg damage, chg change, chgs changes, mvt movement, mvmt movement, adv advisory, abt about, dtd dated, rem remaining, incr increase, coef coefficient, pkg package, sched scheduled, vis visibility, div dividend, mag magnitude, agg aggregate, def defeated, sh shares, ov overs, cmte committee, mfg manufacturing, mfr manufacturer, mfrs manufacturers, mktg marketing, mgmt management, mgr manager, mgrs managers, asst assistant, admin administration,
attn attention, acct account, accts accounts, addr address, appt appointment, appts appointments, apt apartment, apts apartments, bldg building, bldgs buildings, blk block, dist district, mtn mountain, mtns mountains,
jct junction, ctr center, hwy highway, blvd boulevard, ave avenue, pkwy parkway, expy expressway, fwy freeway, tpke turnpike, rte route, hdqrs headquarters,
approx approximately, avg average, est estimated, orig originally, excl excluding, incl including, prev previous, sched scheduled, freq frequency,
temp temperature, temps temperatures, vol volume, qty quantity, amt amount, amts amounts, max maximum, min minimum, std standard, dev deviation, coeff coefficient, vals values, val value, esp especially,
misc miscellaneous, pkg package, pkgs packages, doz dozen, wkts wickets, anniv anniversary, mtg meeting, mtgs meetings, msg message, msgs messages, lvl level, recd received, amend amendment, const constitution,
cf compare, viz namely, ca circa, vs versus, neg negative, rec recommended, ref reference, refs references, req required, reqd required, rev revised, abbr abbreviated, abbrev abbreviation, adj adjective, equiv equivalent, illus illustrated,
introd introduction, prelim preliminary, prob probably, poss possibly, proc proceedings, trans translated, comp compiled, repr reprinted, bibliog bibliography, biog biography, suppl supplement,
subj subject, agg aggregate, elev elevator, eps episodes, ep episode, cr credits, pt point, pts points, reb rebounds, ast assists, stl steals, sta station, ann annual, conf conference, chem chemical, soph sophomore, hx history, btw between, bet between, wk week, wks weeks, mo month, yr year, yrs years, hr hour, hrs hours, qtr quarter, med medium, lg large, sm small, desc description, diag diagnosis, dx diagnosis, diam diameter, lat latitude, cont continued, contd continued, encl enclosed, bal balance, lic license, pop population, cert certified, cres crescent, alt altitude, sp species, spp species,
arr arrives, dep departs, tel telephone, pron pronounced, sing singular, syn synonym, tech technical, int'l international, nat'l national, gov't government, govn't government, dep't department, ass'n association,
cont'd continued, sec'y secretary, att'y attorney, comm'n commission, add'l additional, prof'l professional, fed'l federal, reg'l regional, eng'g engineering
""",
    capitals=True,
) | _pairs(
    "dr doctor, drs doctors, pos positive, pl plural, ed editor, eds editors, Rd Road, Ln Lane, Sq Square, Terr Terrace, Gdns Gardens, Hts Heights"
)
"""With a full stop that something follows, or, if they are no words, at the end of a sentence, too."""
WORD_LIKE = frozenset(
    ["co", "est", "min", "max", "rev", "rec", "dev", "prob", "comp", "trans", "ed", "sing", "lat", "alt", "bal", "pop", "arr", "dep", "tech", "const", "amend", "pos",
     "pl", "cont", "def", "adv", "div", "mag", "util", "abt", "vis", "cert", "sp", "val", "vol", "ref", "admin", "inst", "subj", "poss", "dist", "desc", "sta", "ast"]
)  # fmt: skip
"""Of these the full stop must be followed by a small letter, a figure or a mark: they are words or names, too."""
BEFORE_NUMBER = _pairs("""
no number, nos numbers, qs questions, elev elevator, vol volume, vols volumes, fig figure, figs figures, ch chapter, chap chapter, chs chapters, chaps chapters, sec section, secs sections, sect section, sects sections,
art article, arts articles, p page, pp pages, pg page, pgs pages, l line, ll lines, ln line, lns lines, v version, vv verses, n note, nn notes, fn footnote, para paragraph, paras paragraphs, par paragraph, pars paragraphs,
eq equation, eqs equations, eqn equation, eqns equations, ex exercise, exs exercises, exer exercise, prob problem, probs problems, thm theorem, thms theorems, lem lemma, cor corollary, prop proposition, props propositions,
def definition, defs definitions, app appendix, apps appendices, tab table, tabs tables, pt part, pts parts, bk book, bks books, iss issue, ed edition, ver version, rev revision, ep episode, eps episodes, ext extension,
opt option, cl clause, cls clauses, sched schedule, reg regulation, regs regulations, lv level, pl platform, mag magnitude, hdg heading, flt flight, rwy runway, twy taxiway, dep departs, arr arrives, avail available, mvt movement, alt altitude, ct court, agg aggregate, coef coefficient, exp expires, col column, cols columns, doc document, docs documents, exh exhibit, amend amendment, tit title, div division, subsec subsection,
blk block, rm room, min minimum, max maximum, avg average, approx approximately, est estimated, qty quantity, tel telephone, wt weight, ht height, pub publication, lvl level, op opus, opp opus, apt apartment, ste suite,
bldg building, rte route, hwy highway, fl floor, unit unit, lic license, acct account, ref reference, conf confirmation, term terminal, cat category, sc scene, yr year, wk week, spec specification, diag diagram
""")
"""Before figures, or Roman numbers."""
BARE = _pairs(
    """
lvl level, lv level, dmg damage, chg change, avail available, rwy runway, rwys runways, hdg heading, ctns cartons, mtg meeting, mtgs meetings, mgmt management, msg message, msgs messages, mgr manager, acct account, accts accounts, appt appointment, appts appointments, qty quantity, amt amount, pkg package, pkgs packages,
addr address, recd received, bldg building, attn attention, misc miscellaneous, assn association, govt government, excl excluding, incl including, asst assistant, anniv anniversary, natl national, intl international, dept department, depts departments,
approx approximately, avg average, wkts wickets, hrly hourly, wkly weekly, mthly monthly, yrly yearly, mfg manufacturing, mfr manufacturer, mktg marketing, hwy highway, pkwy parkway, blvd boulevard, rcvd received, ppl people, pwd password,
gov't government, int'l international, nat'l national, dep't department, ass'n association, cont'd continued, add'l additional, prof'l professional, fed'l federal, reg'l regional, hosp'l hospital, sec'y secretary, att'y attorney, comm'n commission, reqs requirements, reqd required, recs recommendations, btwn between, wknd weekend, wknds weekends, bday birthday, resv reservation, reservs reservations, vals values, std standard, temps temperatures
""",
    capitals=True,
) | _pairs("tmrw tomorrow, pls please, plz please, thru through, w/ with")
"""Without a full stop, anywhere."""
SPOKEN = _pairs(
    """
YoY year over year, QoQ quarter over quarter, MoM month over month, WoW week over week, YTD year to date, MTD month to date, y/y year over year, q/q quarter over quarter, m/m month over month, (w/w) by weight, (w/v) weight by volume, (v/v) by volume, w/w week over week, yoy year over year, qoq quarter over quarter,
K8s kubernetes, b/c because, b/w between, w/in within, P/E P E, N/A not applicable, n/a not applicable, Rx R X, q.v. Q V, s.v. S V, N.B. N B, P.L. Public Law, U.S.C. U S C, C.F.R. C F R, i.a. among others,
b.i.d. twice a day, t.i.d. three times a day, q.i.d. four times a day, q.d. once a day, q.o.d. every other day, q.h.s. at bedtime, q.a.m. every morning, q.p.m. every evening, h.s. at bedtime, p.r.n. as needed, p.o. by mouth, a.c. before meals, p.c. after meals,
qid four times a day, tid three times a day, qhs at bedtime, qod every other day, prn as needed, s/p status post, f/u follow up, h/o history of, r/o rule out, n/v nausea and vomiting, hx history, sx symptoms, btw by the way
"""
)
"""Written like this, they are said like that."""
PHRASES = {
    "et al.": "et al", "Reg. (EU)": "Regulation (EU)", "Reg. (EC)": "Regulation (EC)", "Dir. (EU)": "Directive (EU)", "Treas. Reg.": "Treasury Regulation", "Cal. Veh. Code": "California Vehicle Code", "slip op.": "slip opinion", "Bankr. Ct.": "Bankruptcy Court", "Cl. Ct.": "Claims Court", "Del. C.": "Delaware Code", "op. cit.": "op cit", "loc. cit.": "loc cit", "et seq.": "et seq", "ex rel.": "ex rel", "std. dev.": "standard deviation", "rev. ed.": "revised edition", "Std. dev.": "Standard deviation",
    "Pub. L.": "Public Law", "F. Supp.": "Federal Supplement", "S. Ct.": "Supreme Court", "L. Ed.": "Lawyers' Edition", "Fed. R. Civ. P.": "Federal Rule of Civil Procedure",
    "Fed. R. Crim. P.": "Federal Rule of Criminal Procedure", "Fed. R. Evid.": "Federal Rule of Evidence", "Fed. R. App. P.": "Federal Rule of Appellate Procedure", "Fed. Reg.": "Federal Register",
    "Cal. App.": "California Appeals", "Cal. Civ. Code": "California Civil Code", "Cal. Penal Code": "California Penal Code", "Civ. Code": "Civil Code", "Civ. P.": "Civil Procedure", "Rev. Stat.": "Revised Statutes", "Gen. Stat.": "General Statutes", "Lt. Gov.": "Lieutenant Governor", "Vice Adm.": "Vice Admiral", "Rear Adm.": "Rear Admiral", "Sgt. Maj.": "Sergeant Major", "1st Lt.": "First Lieutenant",
    "2nd Lt.": "Second Lieutenant", "2d Cir.": "Second Circuit", "3d Cir.": "Third Circuit", "H. Con. Res.": "House Concurrent Resolution", "S. Con. Res.": "Senate Concurrent Resolution",
    "H.J. Res.": "House Joint Resolution", "S.J. Res.": "Senate Joint Resolution", "H. Res.": "House Resolution", "S. Res.": "Senate Resolution",
}  # fmt: skip
"""Abbreviations of several words."""
