"""What tells a word typed on the wrong keyboard from English."""

COMMON_SYLLABLES = frozenset(
    "가각간갈감갑값갓갔강갖같갚개객갤갭갯갱걀걔거걱건걷걸검겁것겉게겐겠겨격겪견결겸겹겼경곁계곗고곡곤곧골곰곱곳공과곽관괄광괜괴굉교구국군굳굴굼궁궈권궜궤귀귄귈규균그극근글금급긋긍기긴길김깃깅깊까깍깎깐깔깜"
    "깝깥깨꺼껀껍껏껐께껴꼈꼬꼭꼴꼼꽂꽃꽉꽤꾸꾹꾼꿀꿈꿔꿨뀌뀐뀔끄끈끊끌끓끔끗끝끼낀낄낌나낙낚난날남납낫났낭낮낳내낸낼냄냅냈냉냐냥너넉넌널넓넘넣네넥넬넷녀녁년념녕노녹논놀놈농높놓놔놨뇌뇨누눈눌눔눠뉴느는늘늙"
    "능늦니닉닌닐님닙닝다닥닦단닫달닭닮담답닷당닿대댁댄댓댔더덕던덜덟덤덥덧덩덮데델뎌도독돈돋돌돕돗동돼됐되된될됨됩두둑둔둘둠둡둥둬뒀뒤뒷뒹듀드득든듣들듬듭듯등디딘딜딨딩딪따딱딴딸땀땅때땐땜땠땡떠떡떤떨떴떻"
    "떼또똑똥뚜뚝뚫뛰뜨뜩뜯뜰뜻띄띠라락란랄람랍랐랑래랙랜램랩랫랬랭략량러럭런럴럼럽렀렁렇레렉렌렘렛려력련렬렴렵렷렸령례로록론롤롬롭롯롱뢰료루룩룰룸룹뤄류륙륜률륨르른를름릅릇릉릎리릭린릴림립릿링마막만많말맑"
    "맘맙맛망맞맡매맥맨맵맹맺머먹먼멀멈멋멍메멘멜며면멸명몇모목몬몰몸못몽묘무묵묶문묻물뭉뭐뭔뭘뮤므미믹민믿밀밌밍및밑바박밖반받발밝밤밥방밭배백밴밸뱃뱅버벅번벌범법벗벚베벤벨벼벽변별볍병볕보복볶본볼봄봅봇봉"
    "봐봤뵈뵐뵙부북분불붉붕붙뷔뷰브븐블비빈빌빕빗빙빚빛빠빡빨빵빼뻐뻑뻔뼈뽀뽑뿌뿐쁘쁜쁠쁨삐사삭산살삶삼삽삿샀상새색샌샘생샤샵서석섞선설섬섭섯섰성세센셀셉셋셔션셨소속손솔송솥쇄쇠쇼숍수숙순술숨숫숭숲쉐쉬쉴쉼"
    "쉽슈슐슘스슨슬슴습슷승시식신실싫심십싱싶싸싹싼쌀쌍쌓써썬썰썸썼쎄쏘쏟쏴쐬쓰쓴쓸씀씨씩씬씹씻아악안앉않알암압앗았앙앞애액앤앨앱야약얀얇양얘어억언얻얼엄업없엇었엉엌에엑엔엘엠여역연열염엽였영옆예옛오옥온올"
    "옮옴옵옷옹와완왔왕왜왠외왼요욕용우욱운울움웃웅워원월웠웨웬웹위윈윗유육윤율윳융으은을음읍응의이익인일읽잃임입잇있잊잎자작잔잖잘잠잡잤장재쟁쟤저적전절젊점접정젖제젝젠젤젯져졌조족존졸좀좁종좋좌죄죠주죽준"
    "줄줌줍중줘줬쥐쥬쥴즈즉즌즐즘증지직진질짐집짓징짜짝짠짤짧짱째쨍쩌쩍쩔쪄쪼쪽쫌쫙쬐쭈쭉쭤쯤찌찍찔찜찢차착찬찮찰참찼창찾채책챙처척천철첨첩첫청체쳐쳤초촉촌총촬최추축춘출춤춥충춰췄취츠측층치칙친칠침칩칫칭카"
    "칸칼캐캔캘캠캡커컨컬컴컵컷케켓켜켰코콕콘콜콤콩쾌쿄쿠쿨쿼퀴퀵큐크큰클큼키킨킬킴킹타탁탄탈탐탑탔탕태택탠탬탭탱터턱턴털텃테텍텐텔템텝텨토톡톤톱통퇴투툰튀튜트특튼틀틈티틱팀팅파팍판팔팝팡팥패팩팬팸퍼펀펑페"
    "펜펨펴편펼평폐포폭폰폴폼표푸푹푼풀품풍퓨프픈플픔피픽핀필핑하학한할함합핫항해핵핸햄햇했행향허헌험헛헤헬헷헹혀혁현혈혐협혔형혜호혹혼홀홈홉홍화확환활황회획횟횡효후훈훌훨훼휘휠휴흐흑흔흘흙흡흥희흰히힌힐힘"
)
"""The 1,100 syllables that make up 99.9 % of Korean running text.

Counted over four public collections (Seoul's 120 questions, 3i4k, sae4k, songys), 2.3 million syllables:
Korean hardly ever leaves this set, while English read as Korean keys usually does (wifi is 쟈랴).
"""

LATIN = frozenset(
    (  # noqa: SIM905 (one a line would be 150 lines)
        "ab ai aid air al alarm also am an and angry apr apt au aud augment authority autism auto chair "
        "chris christy citi city clay clean clerk cm co coach coral corn covid cpr cycle dia dial did didn "
        "didnt dirt dirty dish disney dj dl dmv dna do doc dog down downtown dutch duty ebs el em en end "
        "england entity entry eu euro euros field firm fish fit fix fl for foreign forgot form forms forth "
        "forty fuel girl girls go god gosh got gpa gps gusto quantity rich rid right rna rock rodeo rush "
        "russia russian russians ruth ryan sh shark sharp shelf sick sight sign signs sir siri sit six "
        "sixty sk slack slang smash sms snaps sns so soap social soft sorry soso spa spend spent spray sps "
        "such suck sucks sur suspend sydney tbsp thai than the them then theo theory they thru ti title to "
        "today todo tofu torn tot total toto town turkey turn turns tutor tutorial virtual visit visitor "
        "when who wi wifi wish with work works world worry worth wow xl "
    ).split()
)
"""English words and abbreviations that read as common Korean syllables all the same (work is 재가)."""
